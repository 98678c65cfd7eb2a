#include "support/page_server.hpp"

#include <utility>

namespace everstep::bench
{
page_server::page_server(std::size_t threads, page shown) : page_(std::move(shown))
{
    for (std::size_t i = 0; i < threads; ++i)
        threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

void page_server::serve(std::size_t customers, latencies& waits)
{
    std::unique_lock lock(mutex_);
    waits_ = &waits;
    waiting_ = unanswered_ = customers;
    came_at_ = clock::now();
    lock.unlock();
    for (std::size_t i = 0; i < customers && i < threads_.size(); ++i)
        come_.notify_one(); // not all: who comes alone wakes one thread
    lock.lock();
    answered_.wait(lock, [this] { return unanswered_ == 0; });
    if (failure_)
        std::rethrow_exception(std::exchange(failure_, nullptr));
}

void page_server::work(const std::stop_token& stop)
{
    std::unique_lock lock(mutex_);
    while (come_.wait(lock, stop, [this] { return waiting_ > 0; }))
    {
        --waiting_;
        const std::uint32_t customer = next_++;
        lock.unlock();
        std::exception_ptr failure = show_to(customer);
        waits_->add(clock::now() - came_at_);
        lock.lock();
        if (failure)
            failure_ = std::move(failure);
        if (--unanswered_ == 0)
            answered_.notify_one();
    }
}

std::exception_ptr page_server::show_to(std::uint32_t customer) const
{
    try
    {
        page_(customer);
        return nullptr;
    }
    catch (...)
    {
        return std::current_exception();
    }
}
}
