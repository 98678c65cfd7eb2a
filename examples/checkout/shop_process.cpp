#include "shop_process.hpp"

#include "order_file.hpp"

#include <csignal>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace shop
{
namespace
{
std::vector<std::string> command_line(const demo_options& options)
{
    const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "checkout";
    return {program, "--orders", options.orders, "--journal", options.journal, "--world", options.world(), "--desk",
            options.desk(), "--rate", std::to_string(options.rate), "--day-ms", std::to_string(options.day.count()),
            "--service-ms", std::to_string(options.service.count())};
}
}

shop_process::shop_process(const demo_options& options) : started_at_(std::chrono::steady_clock::now())
{
    auto words = command_line(options);
    std::vector<char*> arguments;
    for (auto& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t parent = ::getpid();
    process_ = ::fork();
    if (process_ < 0)
        throw bad_input(std::string("no process can be started: ") + std::strerror(errno));
    if (process_ > 0)
        return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL); // the shop does not outlive its demonstration
    if (::getppid() == parent)
        ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

shop_process::~shop_process()
{
    kill();
}

void shop_process::kill() noexcept
{
    if (!process_)
        return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
}

bool shop_process::is_gone(int& status) noexcept
{
    if (::waitpid(process_, &status, WNOHANG) != process_)
        return false;
    process_ = 0;
    return true;
}

bool shop_process::close(std::chrono::milliseconds within)
{
    ::kill(process_, SIGTERM);
    const auto end = std::chrono::steady_clock::now() + within;
    for (int status = 0; std::chrono::steady_clock::now() < end; std::this_thread::sleep_for(std::chrono::milliseconds(2)))
        if (is_gone(status))
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return false;
}

void shop_process::check()
{
    int status = 0;
    if (!is_gone(status))
        return;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        throw bad_input("the program checkout is not beside this one");
    if (WIFSIGNALED(status))
        throw std::runtime_error("the shop died of signal " + std::to_string(WTERMSIG(status)) + ", which was not ours");
    throw stopped{WEXITSTATUS(status)};
}
}
