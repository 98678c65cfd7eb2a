#pragma once

// This very program in a role of its own (support/roles.hpp): started, listened to, killed. It says words on its standard output, one a
// line, "anonymous 1234", and may wait for the end of its standard input.

#include <chrono>
#include <cstdio>
#include <string>
#include <sys/types.h>
#include <vector>

namespace everstep::bench
{
class role_process
{
public:
    /// Throws std::system_error where it cannot be started.
    role_process(const std::string& role, const std::vector<std::string>& arguments);
    /// Kills it where it still runs.
    ~role_process();
    role_process(const role_process&) = delete;
    role_process& operator=(const role_process&) = delete;

    pid_t id() const noexcept { return process_; }
    /// Just before it was started.
    std::chrono::steady_clock::time_point begun() const noexcept { return begun_; }

    /// The number that follows the word on its next line. Throws std::runtime_error where it says anything else, or has ended.
    double hear(const std::string& word);

    /// Ends its standard input and waits for its end. Throws std::runtime_error where that is not an orderly one.
    void finish();
    /// SIGKILL, and waits.
    void kill() noexcept;

private:
    int wait() noexcept;

    pid_t process_{-1};
    int to_{-1};
    std::FILE* from_{};
    std::string role_;
    std::chrono::steady_clock::time_point begun_;
};
}
