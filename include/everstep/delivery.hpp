#pragma once

// One call of a subscription's handler: what the handler may know of it beside the event.
//
//     shop.subscribe("orders.reserved", "carrier", [&](const event& e, delivery& d) { carrier.collect(e.as<order>(), d.token()); });
//
// Threads: belongs to the handler; the stop token may be handed on. Lifetime: until the handler returns.
// Crash: the token is the same for every attempt, through retries and crashes, so an outside system that deduplicates by it sees the effect
// once.

#include <everstep/services.hpp>

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

namespace everstep::inline v0
{
class delivery
{
public:
    /// For the engine.
    delivery(std::string_view subscription, std::uint64_t number, std::uint32_t attempt, bool redelivered, std::stop_token stop,
             const services& given)
        : subscription_(subscription), number_(number), stop_(std::move(stop)), services_(given), attempt_(attempt), redelivered_(redelivered)
    {
    }
    delivery(const delivery&) = delete;
    delivery& operator=(const delivery&) = delete;

    /// 1 for the first; failed ones count, those that a crash cut off do not.
    std::uint32_t attempt() const noexcept { return attempt_; }
    /// False: this subscription's handler was never called with this event before. True: it may have been.
    bool redelivered() const noexcept { return redelivered_; }
    /// 32 hexadecimal digits; of this event for this subscription.
    std::string token() const;
    std::string_view subscription() const noexcept { return subscription_; }
    /// Asked to stop by close(). What the handler still does counts all the same.
    const std::stop_token& stop() const noexcept { return stop_; }
    /// What the application provided; the same as context::use.
    template <class Service>
    Service& use() const
    {
        return services_.get<Service>();
    }

private:
    std::string_view subscription_;
    std::uint64_t number_;
    std::stop_token stop_;
    const services& services_;
    std::uint32_t attempt_;
    bool redelivered_;
};
}
