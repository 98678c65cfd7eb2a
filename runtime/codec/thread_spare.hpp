#pragma once

// One spare object a thread, taken out while it is in use: so that the usual call allocates nothing, and a call inside a
// call (a user's codec that encodes) simply makes one more.

#include <memory>
#include <utility>

namespace everstep::inline v0::detail
{
template <class Storage>
class thread_spare
{
public:
    static std::unique_ptr<Storage> take()
    {
        if (spare_ != nullptr)
            return std::unique_ptr<Storage>(std::exchange(spare_, nullptr));
        return std::make_unique<Storage>();
    }

    static void give(std::unique_ptr<Storage> used) noexcept
    {
        if (spare_ != nullptr || ended_)
            return;
        static thread_local reaper at_thread_end;
        at_thread_end.armed = true;
        spare_ = used.release();
    }

private:
    struct reaper
    {
        bool armed = false;
        ~reaper()
        {
            delete std::exchange(spare_, nullptr);
            ended_ = true;
        }
    };

    // Plain, so that a destructor of another thread-local object may still encode after the reaper has gone.
    static constinit thread_local Storage* spare_;
    static constinit thread_local bool ended_;
};

template <class Storage>
constinit thread_local Storage* thread_spare<Storage>::spare_ = nullptr;
template <class Storage>
constinit thread_local bool thread_spare<Storage>::ended_ = false;
}
