#pragma once

// The stage: kills the process at its N-th moment. A moment is the begin of a service's deed, its end (all is written, nothing is durable), and
// whatever the program hears that is durable.
//
// Threads: any.

#include <everstep/transaction.hpp>

#include <atomic>
#include <csignal>

namespace two_sagas
{
class fate
{
public:
    /// 0: never.
    explicit fate(int dies_at) noexcept : dies_at_(dies_at) {}

    void moment() noexcept
    {
        if (++moments_ == dies_at_)
            (void)std::raise(SIGKILL);
    }

private:
    const int dies_at_;
    std::atomic<int> moments_{};
};

/// Two moments: where it begins and where it ends.
class deed
{
public:
    explicit deed(const everstep::transaction& tx) : fate_(tx.use<fate>()) { fate_.moment(); }
    ~deed() { fate_.moment(); }
    deed(const deed&) = delete;
    deed& operator=(const deed&) = delete;

private:
    fate& fate_;
};
}
