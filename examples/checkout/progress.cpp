#include "progress.hpp"

#include <algorithm>
#include <iostream>
#include <unistd.h>

namespace shop
{
namespace
{
std::string words(const progress::state& now)
{
    return std::to_string(now.answered) + " of " + std::to_string(now.orders) + " answered, " + std::to_string(now.finished) +
           " finished, " + std::to_string(now.kills) + (now.kills == 1 ? " kill" : " kills");
}

std::string bar(const progress::state& now)
{
    constexpr std::size_t width = 30;
    const std::size_t whole = std::max<std::size_t>(now.orders, 1);
    const std::size_t finished = now.finished * width / whole;
    const std::size_t answered = std::max(now.answered * width / whole, finished);
    return "[" + std::string(finished, '#') + std::string(answered - finished, '+') + std::string(width - answered, '.') + "]";
}
}

progress::progress()
    : terminal_(::isatty(STDOUT_FILENO) == 1), begun_(std::chrono::steady_clock::now()), next_(begun_ + interval())
{
}

progress::~progress()
{
    if (drawn_)
        std::cout << std::endl;
}

std::chrono::milliseconds progress::interval() const noexcept
{
    return std::chrono::milliseconds(terminal_ ? 100 : 1000);
}

void progress::show(const state& now)
{
    const auto time = std::chrono::steady_clock::now();
    if (time < next_)
        return;
    next_ = time + interval();
    if (terminal_)
        std::cout << '\r' << bar(now) << ' ' << words(now) << "\x1b[K" << std::flush;
    else
        std::cout << std::chrono::duration_cast<std::chrono::seconds>(time - begun_).count() << " s: " << words(now) << std::endl;
    drawn_ = terminal_;
}
}
