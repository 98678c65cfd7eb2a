#pragma once

// The shop as a process that can be killed: starts the program `checkout` that lies beside this one.

#include "demo_options.hpp"

#include <chrono>
#include <sys/types.h>

namespace shop
{
class shop_process
{
public:
    /// Throws bad_input where it cannot be started.
    explicit shop_process(const demo_options& options);
    shop_process(const shop_process&) = delete;
    shop_process& operator=(const shop_process&) = delete;
    /// Kills it if it still runs.
    ~shop_process();

    /// SIGKILL: no handler, no destructor, no last words.
    void kill() noexcept;
    /// SIGTERM, and waits for the end. False: it did not close in time.
    bool close(std::chrono::milliseconds within);
    /// Throws stopped where it has ended by itself.
    void check();

    /// It has said why; the status is ours to hand on.
    struct stopped
    {
        int status{};
    };

    std::chrono::steady_clock::time_point started_at() const noexcept { return started_at_; }

private:
    bool is_gone(int& status) noexcept;

    pid_t process_{};
    std::chrono::steady_clock::time_point started_at_;
};
}
