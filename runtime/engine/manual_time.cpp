#include "engine/manual_time.hpp"

#include <algorithm>

namespace everstep::core
{
void manual_time::start(base::time_us journaled, std::size_t shards, waker wake)
{
    const std::scoped_lock lock(mutex_);
    now_ = std::max(wall_, journaled);
    due_.assign(shards, never);
    wake_ = std::move(wake);
    stopped_ = false;
}

void manual_time::stop() noexcept
{
    std::unique_lock lock(mutex_);
    stopped_ = true;
    armed_.wait(lock, [&] { return waking_ == 0; });
}

base::time_us manual_time::now() const noexcept
{
    const std::scoped_lock lock(mutex_);
    return now_;
}

base::time_us manual_time::wall() const noexcept
{
    const std::scoped_lock lock(mutex_);
    return wall_;
}

std::uint64_t manual_time::wall_jumps() const noexcept
{
    const std::scoped_lock lock(mutex_);
    return jumps_;
}

void manual_time::arm(std::size_t shard, base::time_us due)
{
    std::vector<std::size_t> due_now;
    {
        const std::scoped_lock lock(mutex_);
        if (due <= now_)
            due_now.push_back(shard);
        due_[shard] = due_now.empty() ? due : never;
        armed_.notify_all();
    }
    wake_those(due_now);
}

void manual_time::advance_to(base::time_us engine_time)
{
    std::vector<std::size_t> due_now;
    {
        const std::scoped_lock lock(mutex_);
        if (engine_time <= now_)
            return;
        wall_ += engine_time - now_;
        now_ = engine_time;
        for (std::size_t shard = 0; shard < due_.size(); ++shard)
            if (due_[shard] <= now_)
            {
                due_[shard] = never;
                due_now.push_back(shard);
            }
    }
    wake_those(due_now);
}

void manual_time::advance_by(base::time_us us) { advance_to(now() + us); }

void manual_time::set_wall(base::time_us to)
{
    std::vector<std::size_t> all;
    {
        const std::scoped_lock lock(mutex_);
        const base::time_us jump = to - wall_;
        wall_ = to;
        if (jump > 60'000'000 || jump < -60'000'000)
            ++jumps_;
        for (std::size_t shard = 0; shard < due_.size(); ++shard)
            all.push_back(shard);
    }
    wake_those(all);
}

/// Without the lock: a shard may arm from inside.
void manual_time::wake_those(const std::vector<std::size_t>& shards)
{
    {
        const std::scoped_lock lock(mutex_);
        if (stopped_)
            return;
        ++waking_;
    }
    for (const std::size_t shard : shards)
        wake_(shard);
    const std::scoped_lock lock(mutex_);
    --waking_;
    armed_.notify_all();
}

base::time_us manual_time::earliest() const noexcept
{
    const auto least = std::ranges::min_element(due_);
    return least == due_.end() ? never : *least;
}

base::time_us manual_time::await_alarm()
{
    std::unique_lock lock(mutex_);
    base::time_us due = never;
    armed_.wait(lock,
                [&]
                {
                    due = earliest();
                    return due != never && due > now_;
                });
    return due;
}
}
