#pragma once

// What an activity and the runtime say to each other about one call: everstep/activity.hpp.

#include <everstep/attempt.hpp>
#include <everstep/codec.hpp>
#include <everstep/itinerary.hpp>

#include <boost/describe.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

namespace everstep::inline v0::detail
{
enum class slip_verdict : std::uint8_t
{
    completed,
    revised,
    terminated,
    faulted,
    compensated
};
BOOST_DESCRIBE_ENUM(slip_verdict, completed, revised, terminated, faulted, compensated)

/// How one call ended: the result of its step, as it is journaled.
struct slip_record
{
    std::string kept_as; ///< see hand_over in routing_slip.cpp
    slip_verdict what{};
    bool has_log{};      ///< there is something to compensate
    boost::json::value log;
    slip_variables variables; ///< that it set
    itinerary route;          ///< revised
    std::string code;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(slip_record, (), (kept_as, what, has_log, log, variables, route, code, text))

/// What a call is told of its slip.
struct slip_view
{
    std::string_view tracking_number;
    std::string_view kept_as; ///< of this call alone
    const itinerary_item& item;
    std::span<const itinerary_item> rest; ///< behind it
    const slip_variables& variables;
    std::size_t executed{}; ///< activities, this one counted
    std::size_t log_bytes{}; ///< of all logs so far
};

/// What execution and compensation have in common.
class slip_call
{
public:
    slip_call(const attempt& a, const slip_view& slip, std::string token) : attempt_(a), slip_(slip), token_(std::move(token)) {}
    slip_call(const slip_call&) = delete;
    slip_call& operator=(const slip_call&) = delete;

    /// 32 hexadecimal digits: the same for all attempts of this call, through retries and crashes, and of no other.
    const std::string& token() const noexcept { return token_; }
    /// 1 for the first attempt.
    std::uint32_t number() const noexcept { return attempt_.number(); }
    /// As attempt::stop.
    const std::stop_token& stop() const noexcept { return attempt_.stop(); }
    template <class Service>
    Service& use() const
    {
        return attempt_.use<Service>();
    }

    std::string_view tracking_number() const noexcept { return slip_.tracking_number; }
    /// The name in the itinerary.
    std::string_view activity() const noexcept { return slip_.item.activity; }

    /// A variable of the slip, as this call found it or has set it. Throws codec_error where it is no Value.
    template <class Value>
    std::optional<Value> variable(std::string_view name) const
    {
        static_assert(encodable<Value>, "a variable must be encodable: see everstep/codec.hpp");
        const boost::json::value* found = find(name);
        if (!found)
            return std::nullopt;
        return decode<Value>(encode(*found));
    }
    /// For those that come after it. Throws codec_error.
    template <class Value>
    void set(std::string name, const Value& value)
    {
        static_assert(encodable<Value>, "a variable must be encodable: see everstep/codec.hpp");
        set_.insert_or_assign(std::move(name), json_of(value));
    }
    void set(std::string name, const char* value) { set(std::move(name), std::string(value)); }

    /// For the runtime.
    slip_variables take_set() noexcept { return std::move(set_); }

protected:
    ~slip_call() = default;
    const slip_view& slip() const noexcept { return slip_; }
    /// Of the step that makes this call. Its token is not always the call's own.
    const attempt& of_step() const noexcept { return attempt_; }

private:
    const boost::json::value* find(std::string_view name) const noexcept
    {
        if (const auto own = set_.find(name); own != set_.end())
            return &own->second;
        const auto found = slip_.variables.find(name);
        return found == slip_.variables.end() ? nullptr : &found->second;
    }

    const attempt& attempt_;
    const slip_view& slip_;
    std::string token_;
    slip_variables set_;
};

/// An activity without its types. Called on several threads at once.
class any_activity
{
public:
    virtual ~any_activity() = default;
    /// Throws codec_error where these are none.
    virtual void check_arguments(const boost::json::value& arguments) const = 0;
    /// Throws what the body throws; permanent_error (bad_arguments).
    virtual slip_record execute(const attempt& a, const slip_view& slip, const boost::json::value& arguments) const = 0;
    /// Returns the variables that it set. Throws what the body throws; codec_error where the log is none any more.
    virtual slip_variables compensate(const attempt& a, const slip_view& slip, std::string token, const boost::json::value& log) const = 0;
};
}
