#pragma once

// One thread of pool_place, and what the watcher may see of it.

#include "engine/body_job.hpp"
#include "engine/body_thread.hpp"
#include "engine/pool_place.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace everstep::core
{
class pool_place::worker final : public body_thread
{
public:
    using body_thread::enter;

    // body_thread: a body that waits here keeps its thread.
    void* waiter() noexcept override { return this; }
    void suspend() noexcept override
    {
        std::unique_lock lock(mutex);
        wait_over_.wait(lock, [&] { return woken_; });
        woken_ = false;
    }
    void wake(void*) noexcept override
    {
        // Under the lock: this thread may end as soon as it can take it.
        const std::scoped_lock lock(mutex);
        woken_ = true;
        wait_over_.notify_one();
    }

    std::thread thread;
    std::uint32_t hint{};

    // Under pool_place::mutex_.
    std::condition_variable called_up;
    bool called{};

    std::mutex mutex; ///< taken after pool_place::mutex_ where both are
    std::deque<body_job*> share;
    std::vector<body_job*> finished; ///< not handed back yet
    body_job* current{};
    clock::time_point since;
    std::uint64_t bodies{}; ///< begun so far: unchanged between two looks means stuck

    // The watcher's.
    std::uint64_t bodies_seen{};
    std::uint32_t looks_stuck{};

private:
    std::condition_variable wait_over_;
    bool woken_{};
};
}
