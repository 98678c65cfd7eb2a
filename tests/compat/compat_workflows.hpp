#pragma once

// The workflows of the recorded journals. What they ask for, and in which order, must never change; a new recording may add others.

#include "engine_stage.hpp"
#include "scenario_deed.hpp"

#include <everstep/saga.hpp>

#include <boost/describe.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace everstep::test::compat
{
using namespace std::chrono_literals;

enum class colour
{
    red,
    green
};
BOOST_DESCRIBE_ENUM(colour, red, green)

struct base_part
{
    std::int64_t big{};
};
BOOST_DESCRIBE_STRUCT(base_part, (), (big))

struct everything : base_part
{
    std::string text;
    double number{};
    std::vector<std::uint8_t> list;
    std::map<std::string, colour> colours;
    std::optional<int> maybe;
    std::variant<int, std::string> either;
    std::vector<std::byte> raw;
    std::chrono::milliseconds wait{};
};
BOOST_DESCRIBE_STRUCT(everything, (base_part), (text, number, list, colours, maybe, either, raw, wait))

inline everything sample(int n)
{
    everything e;
    e.big = 9'007'199'254'740'993 + n;
    e.text = "gr\xc3\xbc\xc3\x9f\x65 \"" + std::to_string(n) + "\"\n";
    e.number = 0.1 + n;
    e.list = {1, 2, 255};
    e.colours = {{"apple", colour::green}, {"rose", colour::red}};
    e.either = std::string("text");
    e.raw = {std::byte{0}, std::byte{200}};
    e.wait = 1500ms;
    return e;
}

/// Every kind of entry that a plain run has, and every kind of value.
inline workflow<everything, std::string> values(context& ctx, everything given)
{
    const everything one = co_await ctx.step("everything", [&] { return sample(static_cast<int>(given.list.size())); });
    co_await ctx.reply(one.text);
    const auto pair = co_await ctx.step("tuple", [&] { return std::make_tuple(one.number * 3, one.maybe, one.either); });
    co_await ctx.sleep_for(90min);
    co_await ctx.step("nothing", [] {});
    const auto far = co_await ctx.step("map", [] { return std::map<int, std::pair<std::string, bool>>{{7, {"seven", true}}}; });
    co_await ctx.sleep_until(context::time_point(std::chrono::microseconds(1'000'000'000'000'000 + 10'000'000'000)));
    everything last = one;
    last.maybe = far.begin()->first;
    last.number = std::get<0>(pair);
    co_return last;
}

constexpr step_options steady{.retry = {.first = 1s, .jitter = 0, .attempts = 3}};

/// Retries, a failure that is caught, sub-coroutines, an undo that needs two attempts.
inline workflow<int> below(context& ctx, int n)
{
    const int sum = co_await ctx.step(std::string("below ") + std::to_string(n), steady, [&](attempt& a) {
        if (a.number() < 2)
            throw std::runtime_error("first attempt");
        return n + 1;
    });
    co_await ctx.sleep_for(1h);
    co_return sum;
}

inline workflow<int> fails(context& ctx, int n)
{
    saga undo{ctx};
    co_await undo.step("charge", [&] { return n; }, [](attempt& a, services&, const int&) {
        if (a.number() < 2)
            throw std::runtime_error("the bank is closed");
    });
    const int one = co_await below(ctx, n);
    co_await undo.step("reserve", [&] { return std::to_string(one); }, [](attempt&, services&, const std::string&) {});
    bool declined = false;
    try
    {
        co_await ctx.step("declined", [] { throw permanent_error("declined", "no"); });
    }
    catch (const step_failed&)
    {
        declined = true;
    }
    if (declined)
        co_await below(ctx, one);
    throw permanent_error("lost", "the parcel is lost");
}

inline workflow<void, int> waits(context& ctx, int n)
{
    saga undo{ctx};
    co_await undo.step("charge", [&] { return n; }, [](attempt&, services&, const int&) {});
    co_await ctx.step("token", [](attempt& a) { return a.token(); });
    co_await ctx.reply(n);
    co_await ctx.wait_forever();
}

inline void add_all(detail::engine_core& core)
{
    adds("values", values)(core);
    adds("fails", fails)(core);
    adds("waits", waits)(core);
}
}
