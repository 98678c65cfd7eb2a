#pragma once

// What a shard wants to look at later, earliest first. Entries are hints: a run that has moved on is found out when its entry comes up.

#include "base/ids.hpp"
#include "journal/header.hpp"

#include <cstdint>
#include <queue>
#include <tuple>
#include <vector>

namespace everstep::core
{
class wake_heap
{
public:
    enum class what : std::uint8_t
    {
        wake,    ///< a timer or a retry of the run
        timeout, ///< of its attempt
        grace    ///< its attempt was asked to stop and may still run
    };
    struct entry
    {
        base::time_us due;
        base::run_number run;
        what kind;
        friend bool operator>(const entry& a, const entry& b) noexcept { return std::tie(a.due, a.run) > std::tie(b.due, b.run); }
    };

    void push(base::time_us due, base::run_number run, what kind) { entries_.push({due, run, kind}); }
    /// Due now, or false.
    bool pop_due(base::time_us now, entry& into)
    {
        if (entries_.empty() || entries_.top().due > now)
            return false;
        into = entries_.top();
        entries_.pop();
        return true;
    }
    base::time_us earliest() const noexcept { return entries_.empty() ? journal::due_never : entries_.top().due; }
    std::size_t size() const noexcept { return entries_.size(); }

private:
    std::priority_queue<entry, std::vector<entry>, std::greater<>> entries_;
};
}
