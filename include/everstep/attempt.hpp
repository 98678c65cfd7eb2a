#pragma once

// One call of a step's body: what the body may know of it.
//
//     co_await ctx.step("charge", [&](attempt& a) { return bank.charge(o.id, o.cents, a.token()); });
//
// Threads: belongs to the body; the stop token may be handed on.
// Lifetime: until the body returns.
// Crash: the token is the same for every attempt of the step, through retries, crashes and compilers, so an outside system that
// deduplicates by it sees the effect once.

#include <everstep/services.hpp>

#include <cstdint>
#include <stop_token>
#include <string>
#include <utility>

namespace everstep::inline v0
{
class attempt
{
public:
    attempt(std::string token, std::uint32_t number, std::stop_token stop, const services& given)
        : token_(std::move(token)), stop_(std::move(stop)), services_(given), number_(number)
    {
    }
    attempt(const attempt&) = delete;
    attempt& operator=(const attempt&) = delete;

    /// 32 hexadecimal digits; of this step alone.
    const std::string& token() const noexcept { return token_; }
    /// Asked to stop: a time-out, a cancel, or close(). What the body still returns is recorded all the same.
    const std::stop_token& stop() const noexcept { return stop_; }
    /// 1 for the first; failed attempts count, those that a crash cut off do not.
    std::uint32_t number() const noexcept { return number_; }
    /// What the application provided; the same as context::use.
    template <class Service>
    Service& use() const
    {
        return services_.get<Service>();
    }

private:
    std::string token_;
    std::stop_token stop_;
    const services& services_;
    std::uint32_t number_;
};
}
