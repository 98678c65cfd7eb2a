#include "support/slow_service.hpp"

#include <everstep/fiber.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace everstep::bench
{
slow_service::slow_service(std::chrono::milliseconds answers_after)
    : answers_after_(answers_after), receipt_(make_receipt()), work_(timers_.get_executor()),
      thread_([this] { timers_.run(); })
{
}

slow_service::~slow_service()
{
    work_.reset();
    thread_.join();
}

receipt slow_service::blocking() const
{
    std::this_thread::sleep_for(answers_after_);
    return receipt_;
}

receipt slow_service::yielding()
{
    boost::asio::steady_timer timer(timers_, answers_after_);
    timer.async_wait(fiber_yield);
    return receipt_;
}

boost::asio::awaitable<receipt> slow_service::awaiting() const
{
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, answers_after_);
    co_await timer.async_wait(boost::asio::use_awaitable);
    co_return receipt_;
}
}
