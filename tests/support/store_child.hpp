#pragma once

// Forked children of a test, for what only another process can show.

#include <array>
#include <csignal>
#include <functional>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace everstep::test
{
/// Runs `body` in a forked child; its result is the child's exit status, minus the signal's number if one ended it.
inline int in_child(const std::function<int()>& body)
{
    const pid_t child = ::fork();
    if (child == 0)
    {
        int status = 99;
        try
        {
            status = body();
        }
        catch (...)
        {
        }
        ::_exit(status);
    }
    int status{};
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// A child that only waits, with everything it inherited, until it is killed at the end of the scope.
class waiting_child
{
public:
    waiting_child()
    {
        std::array<int, 2> ready{};
        if (::pipe(ready.data()) != 0)
            throw std::runtime_error("pipe");
        pid_ = ::fork();
        if (pid_ == 0)
        {
            static_cast<void>(::write(ready[1], "x", 1) == 1);
            for (;;)
                ::pause();
        }
        char byte{};
        static_cast<void>(::read(ready[0], &byte, 1) == 1); // its fork handlers have run
        ::close(ready[0]);
        ::close(ready[1]);
    }
    ~waiting_child()
    {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    waiting_child(const waiting_child&) = delete;
    waiting_child& operator=(const waiting_child&) = delete;

private:
    pid_t pid_{};
};
}
