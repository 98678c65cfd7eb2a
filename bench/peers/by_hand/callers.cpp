#include "by_hand/callers.hpp"

#include <utility>

namespace everstep::bench::peers
{
callers::callers(const std::string& where, std::size_t count, std::size_t numbers,
                 std::function<void(hand_store&, std::size_t)> work)
    : numbers_(numbers), work_(std::move(work))
{
    for (std::size_t i = 0; i < count; ++i)
        threads_.emplace_back([this, where] { call(where); });
}

void callers::call(const std::string& where)
{
    try
    {
        const auto connection = open_store(where);
        while (!stopping_)
        {
            const std::size_t number = next_++;
            if (number >= numbers_)
                break;
            work_(*connection, number);
            ++completed_;
        }
    }
    catch (...)
    {
        stopping_ = true;
        failed_ = true;
        const std::lock_guard lock(mutex_);
        if (!failure_)
            failure_ = std::current_exception();
    }
}

void callers::join()
{
    for (std::jthread& one : threads_)
        if (one.joinable())
            one.join();
    if (failure_)
        std::rethrow_exception(failure_);
}
}
