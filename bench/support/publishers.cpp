#include "support/publishers.hpp"

#include "support/order.hpp"

#include <everstep/async.hpp>

#include <algorithm>
#include <utility>

namespace everstep::bench
{
/// Called on the engine's io thread.
struct publishers::ended
{
    publishers& of;

    void operator()(std::exception_ptr failure) const { of.count(std::move(failure)); }
};

void publishers::publish(std::size_t events)
{
    const std::size_t at_once = std::min(events, in_flight_);
    left_ = events - at_once;
    {
        const std::scoped_lock lock(mutex_);
        under_way_ = at_once;
    }
    for (std::size_t i = 0; i < at_once; ++i)
        next();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return under_way_ == 0; });
    if (failure_)
        std::rethrow_exception(failure_);
}

void publishers::next() { shop_.async_publish(topic_name, make_order(0), {}, ended{*this}); }

/// One at a time, on one thread.
void publishers::count(std::exception_ptr failure)
{
    if (!failure && left_ > 0)
    {
        --left_;
        return next();
    }
    const std::scoped_lock lock(mutex_);
    if (failure)
        failure_ = std::move(failure);
    if (--under_way_ == 0)
        done_.notify_one();
}
}
