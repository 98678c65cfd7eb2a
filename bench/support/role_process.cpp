#include "support/role_process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace everstep::bench
{
namespace
{
constexpr const char* this_program = "/proc/self/exe";

std::array<int, 2> make_pipe()
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe2");
    return ends;
}
}

role_process::role_process(const std::string& role, const std::vector<std::string>& arguments) : role_(role)
{
    const std::array<int, 2> input = make_pipe();
    const std::array<int, 2> output = make_pipe();
    std::vector<std::string> words{this_program, "--role", role};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& word : words)
        pointers.push_back(word.data());
    pointers.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
    begun_ = std::chrono::steady_clock::now();
    const int failed = ::posix_spawn(&process_, this_program, &actions, nullptr, pointers.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(input[0]);
    ::close(output[1]);
    to_ = input[1];
    from_ = ::fdopen(output[0], "r");
    if (failed != 0)
    {
        process_ = -1;
        std::fclose(from_);
        ::close(to_);
        throw std::system_error(failed, std::generic_category(), "posix_spawn");
    }
}

role_process::~role_process()
{
    kill();
    std::fclose(from_);
    if (to_ >= 0)
        ::close(to_);
}

double role_process::hear(const std::string& word)
{
    std::array<char, 256> bytes{};
    if (std::fgets(bytes.data(), bytes.size(), from_) == nullptr)
        throw std::runtime_error("the process in the role " + role_ + " ended before it said '" + word + "'");
    const std::string line(bytes.data());
    if (!line.starts_with(word + " "))
        throw std::runtime_error("the process in the role " + role_ + " said '" + line + "' instead of '" + word + "'");
    return std::strtod(line.c_str() + word.size(), nullptr);
}

void role_process::finish()
{
    ::close(std::exchange(to_, -1));
    if (const int status = wait(); status != 0)
        throw std::runtime_error("the process in the role " + role_ + " ended with status " + std::to_string(status));
}

void role_process::kill() noexcept
{
    if (process_ > 0)
        ::kill(process_, SIGKILL);
    wait();
}

int role_process::wait() noexcept
{
    int status = 0;
    if (process_ > 0)
        while (::waitpid(process_, &status, 0) < 0 && errno == EINTR)
        {
        }
    process_ = -1;
    return status;
}
}
