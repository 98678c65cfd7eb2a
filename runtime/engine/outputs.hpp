#pragma once

// Output commit: what a thread may let out only when everything that it depends on is durable. A queue in the order of submissions;
// what is at or below the watermark goes.

#include "base/prefetch.hpp"
#include "engine/committer.hpp"
#include "engine/mailbox.hpp"

#include <everstep/detail/engine_link.hpp>

#include <deque>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

namespace everstep::core
{
class step_attempt;

/// An answer to a caller.
struct answer_out
{
    std::unique_ptr<detail::receiver> to;
    std::unique_ptr<detail::answer> what; ///< null: done, with nothing to say
};
/// A body that may begin.
struct body_out
{
    step_attempt* job;
};
/// A run whose last turn is durable: it may be evicted or forgotten.
struct settled_run
{
    base::run_number run;
};
/// A request that the journal can answer now.
struct request_again
{
    std::unique_ptr<request_item> item;
};
using output = std::variant<answer_out, body_out, settled_run, request_again>;

/// What will be touched when it is let out.
inline void look_ahead_at(const output& what) noexcept
{
    constexpr std::size_t job_bytes = 384; // what begin_body touches of a job, more or less
    if (const auto* body = std::get_if<body_out>(&what))
        base::prefetch(body->job, job_bytes);
}

/// Numbers one thread's own submissions, from 1. 0 is before the first, and stands for what was durable before this process.
using submission = std::uint64_t;

template <class Output>
class held_outputs
{
public:
    /// Depends on the submission that is being gathered, or on the last one where nothing more comes.
    void hold(Output what) { current_.push_back(std::move(what)); }
    /// Depends on nothing that is not durable; goes with the next release().
    void hold_ready(Output what) { ready_.push_back(std::move(what)); }

    /// What was held so far depends on submissions up to `at`.
    void submitted(submission at)
    {
        if (current_.empty())
            return;
        held_.emplace_back(at, std::exchange(current_, take_spare()));
    }

    /// Gives out everything that depends on nothing above `durable`, in order. What is held meanwhile waits for the next call.
    template <class Take>
    void release(submission durable, Take&& take)
    {
        if (!ready_.empty())
            give(std::exchange(ready_, take_spare()), take);
        while (!held_.empty() && held_.front().first <= durable)
        {
            std::vector<Output> due = std::move(held_.front().second);
            held_.pop_front();
            give(std::move(due), take);
        }
    }

    /// Everything, durable or not: to be refused.
    template <class Take>
    void release_all(Take&& take)
    {
        submitted(~submission{0});
        release(~submission{0}, std::forward<Take>(take));
    }

    bool has_ready() const noexcept { return !ready_.empty(); }

private:
    static constexpr std::size_t spares_max = 16;
    static constexpr std::size_t look_ahead = 4;

    template <class Take>
    void give(std::vector<Output> due, Take&& take)
    {
        for (std::size_t n = 0; n < due.size(); ++n)
        {
            if (n + look_ahead < due.size())
                look_ahead_at(due[n + look_ahead]);
            take(due[n]);
        }
        due.clear();
        if (spare_.size() < spares_max)
            spare_.push_back(std::move(due));
    }

    std::vector<Output> take_spare()
    {
        if (spare_.empty())
            return {};
        std::vector<Output> one = std::move(spare_.back());
        spare_.pop_back();
        return one;
    }

    std::vector<std::vector<Output>> spare_; ///< empty, with their memory: giving large pieces back to malloc each time is dear
    std::vector<Output> current_;
    std::vector<Output> ready_;
    std::deque<std::pair<submission, std::vector<Output>>> held_;
};

using outputs = held_outputs<output>;
}
