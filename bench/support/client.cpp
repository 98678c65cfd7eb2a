#include "support/client.hpp"

#include <limits>
#include <stdexcept>
#include <thread>

namespace everstep::bench
{
namespace
{
constexpr std::size_t never = std::numeric_limits<std::size_t>::max();
}

/// What an answer leads to: of a start, the wait for the answer where the loop waits for that; else the slot is free.
class client::answered final : public detail::receiver
{
public:
    answered(client& owner, std::uint32_t index, std::string awaited_id)
        : owner_(owner), index_(index), awaited_id_(std::move(awaited_id))
    {
    }

    void take(detail::answer&& a) noexcept override
    {
        if (a.what != detail::answer_kind::value)
            owner_.fail(a);
        if (!awaited_id_.empty())
            owner_.await_answer(index_, awaited_id_);
        else
            owner_.finish(index_);
    }

private:
    client& owner_;
    std::uint32_t index_;
    std::string awaited_id_; ///< of the run just started; empty: nothing more to wait for
};

client::client(calls to, std::size_t in_flight, latencies& latency, std::uint64_t ids)
    : calls_(std::move(to)), latency_(latency), slots_(in_flight), next_id_(ids), target_(never)
{
    for (std::size_t i = 0; i < in_flight; ++i)
        slots_[i].work = make_order(static_cast<std::uint32_t>(i));
}

void client::begin(clock::duration pause)
{
    auto next = clock::now();
    for (std::size_t i = 0; i < slots_.size(); ++i)
    {
        if (pause != clock::duration::zero())
            std::this_thread::sleep_until(next += pause);
        start(static_cast<std::uint32_t>(i));
    }
}

void client::start(std::uint32_t index)
{
    slot& here = slots_[index];
    std::string id = random_run_id(next_id_.fetch_add(1, std::memory_order_relaxed));
    here.began = clock::now();
    direct token{std::make_unique<answered>(*this, index, calls_.wait ? id : std::string())};
    calls_.start(std::move(id), here.work, std::move(token));
}

void client::await_answer(std::uint32_t index, const std::string& id)
{
    calls_.wait(id, direct{std::make_unique<answered>(*this, index, std::string())});
}

void client::finish(std::uint32_t index)
{
    latency_.add(clock::now() - slots_[index].began);
    const std::size_t completed = completed_.fetch_add(1) + 1;
    const bool goes_on = !stopping_.load(std::memory_order_relaxed);
    const bool last = !goes_on && idle_.fetch_add(1) + 1 == slots_.size();
    if (completed == target_.load() || last)
    {
        wakes_.fetch_add(1);
        wakes_.notify_all();
    }
    if (goes_on)
        start(index);
}

void client::fail(const detail::answer& a)
{
    {
        const std::lock_guard lock(mutex_);
        if (failure_.empty())
            failure_ = a.code + " " + a.text;
    }
    stopping_ = true;
}

void client::wait_until(const std::atomic<std::size_t>& level, std::size_t at_least)
{
    for (;;)
    {
        const std::uint32_t seen = wakes_.load();
        if (level.load() >= at_least || idle_.load() == slots_.size())
            break;
        wakes_.wait(seen);
    }
    const std::lock_guard lock(mutex_);
    if (!failure_.empty())
        throw std::runtime_error(failure_);
}

void client::complete(std::size_t count)
{
    asked_ += count;
    target_ = asked_;
    wait_until(completed_, asked_);
}

void client::drain()
{
    stopping_ = true;
    wait_until(idle_, slots_.size());
}
}
