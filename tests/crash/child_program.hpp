#pragma once

// A program of the tests as a process of its own: started, listened to, signalled, waited for.

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern char** environ;

namespace everstep::test
{
class child_program
{
public:
    /// `name` is a program of the folder EVERSTEP_TEST_PROGRAMS.
    child_program(const std::string& name, std::vector<std::string> arguments)
    {
        std::array<int, 2> pipe{};
        if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
            throw std::runtime_error("pipe");
        arguments.insert(arguments.begin(), std::string(EVERSTEP_TEST_PROGRAMS) + "/" + name);
        std::vector<char*> words;
        for (std::string& argument : arguments)
            words.push_back(argument.data());
        words.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
        const int failed = ::posix_spawn(&process_, words[0], &actions, nullptr, words.data(), environ);
        ::posix_spawn_file_actions_destroy(&actions);
        ::close(pipe[1]);
        output_ = pipe[0];
        if (failed != 0)
            throw std::runtime_error("cannot start " + arguments[0]);
    }
    ~child_program()
    {
        if (process_ > 0)
        {
            kill(SIGKILL);
            wait();
        }
        ::close(output_);
    }
    child_program(const child_program&) = delete;
    child_program& operator=(const child_program&) = delete;

    /// The next line that it prints, without its end. Empty where it ended first, or the time has passed.
    std::string line(std::chrono::microseconds at_most)
    {
        const auto until = std::chrono::steady_clock::now() + at_most;
        std::size_t end = 0;
        while ((end = text_.find('\n')) == std::string::npos)
        {
            const auto left = std::chrono::ceil<std::chrono::nanoseconds>(until - std::chrono::steady_clock::now());
            std::array<char, 4096> bytes{};
            if (left.count() <= 0 || !readable(left))
                return {};
            const ssize_t got = ::read(output_, bytes.data(), bytes.size());
            if (got <= 0)
                return {};
            text_.append(bytes.data(), static_cast<std::size_t>(got));
        }
        std::string found = text_.substr(0, end);
        text_.erase(0, end + 1);
        return found;
    }

    /// Until its output ends, which it does with the process; false where the time has passed.
    bool ends_within(std::chrono::microseconds at_most)
    {
        const auto until = std::chrono::steady_clock::now() + at_most;
        for (;;)
        {
            const auto left = std::chrono::ceil<std::chrono::nanoseconds>(until - std::chrono::steady_clock::now());
            std::array<char, 4096> bytes{};
            if (left.count() <= 0 || !readable(left))
                return false;
            if (::read(output_, bytes.data(), bytes.size()) <= 0)
                return true;
        }
    }

    void kill(int signal) { ::kill(process_, signal); }

    /// Its exit status, minus the signal's number where one ended it.
    int wait()
    {
        int status = 0;
        while (::waitpid(process_, &status, 0) < 0 && errno == EINTR)
        {
        }
        process_ = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }

private:
    bool readable(std::chrono::nanoseconds left)
    {
        pollfd waits{output_, POLLIN, 0};
        const timespec at_most{static_cast<time_t>(left.count() / 1'000'000'000), static_cast<long>(left.count() % 1'000'000'000)};
        return ::ppoll(&waits, 1, &at_most, nullptr) > 0;
    }

    pid_t process_{};
    int output_{-1};
    std::string text_;
};
}
