#pragma once

// A shard whose steps fail, time out or fall silent, as the test tells them.

#include "fake_host.hpp"

#include <everstep/context.hpp>
#include <everstep/saga.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace everstep::core::failing
{
using namespace std::chrono_literals;
using detail::request_kind;
using test::fake_host;

inline constexpr base::time_us second = 1'000'000;

/// What the bodies of these tests do; set by each test.
struct bodies
{
    std::function<int(attempt&)> first;
    std::function<void(attempt&)> undo;
    std::function<int()> plain;
};

inline constexpr retry_policy twice{.first = 1s, .factor = 1, .jitter = 0, .attempts = 2};
inline constexpr retry_policy twice_then_park{.first = 1s, .factor = 1, .jitter = 0, .attempts = 2, .when_exhausted = exhausted::park_run};
inline constexpr step_options parking{.retry = twice_then_park};
inline constexpr step_options within_ten{.retry = {.first = 4s, .factor = 1, .jitter = 0, .attempts = 0}, .total_timeout = 10s};
inline constexpr step_options parking_within_ten{.retry = {.first = 4s, .factor = 1, .jitter = 0, .attempts = 0, .when_exhausted = exhausted::park_run},
                                                 .total_timeout = 10s};
inline constexpr step_options beating{.retry = {.first = 1s, .jitter = 0, .attempts = 2}, .heartbeat_timeout = 5s};
inline constexpr step_options all_limits{.retry = {.attempts = 1}, .timeout = 8s, .total_timeout = 30s, .heartbeat_timeout = 5s};
inline constexpr step_options here{.retry = {.attempts = 1}, .heartbeat_timeout = 1ms, .place = step_place::shard};

template <const step_options& Options>
workflow<int> with(context& ctx, int)
{
    co_return co_await ctx.step("first", Options, [&](attempt& a) { return a.use<bodies>().first(a); });
}

inline workflow<int> mute(context& ctx, int)
{
    auto& all = ctx.use<bodies>();
    co_return co_await ctx.step("first", beating, [&] { return all.plain(); });
}

inline workflow<int> transacts(context& ctx, int)
{
    co_return co_await ctx.transact("take", twice_then_park, [](transaction& tx) { return tx.use<bodies>().plain(); });
}

inline workflow<int> side_by_side(context& ctx, int)
{
    co_await all(ctx.step("first", parking, [&](attempt& a) { return a.use<bodies>().first(a); }), ctx.step("other", [] { return 1; }));
    co_return 1;
}

inline constexpr auto undo_of = [](attempt& a, services& use, const int&) { use.get<bodies>().undo(a); };
inline constexpr step_options twice_within_five{.retry = twice, .timeout = 5s};

inline workflow<int> undone(context& ctx, int)
{
    saga undo{ctx};
    co_await undo.step("first", [&](attempt& a) { return a.use<bodies>().first(a); }, undo_of, twice_within_five);
    throw permanent_error("broke", "no money");
}

class failing_shard : public testing::Test
{
protected:
    failing_shard() { open(); }

    void open(std::unique_ptr<store::memory_store> left = nullptr)
    {
        host_ = std::make_unique<fake_host>(std::move(left));
        host_->add("parking", with<parking>);
        host_->add("within_ten", with<within_ten>);
        host_->add("parking_within_ten", with<parking_within_ten>);
        host_->add("beating", with<beating>);
        host_->add("all_limits", with<all_limits>);
        host_->add("here", with<here>);
        host_->add("mute", mute);
        host_->add("transacts", transacts);
        host_->add("side_by_side", side_by_side);
        host_->add("undone", undone);
        host_->given.add(bodies_);
    }
    fake_host& started()
    {
        host_->start();
        return *host_;
    }
    void fail() { bodies_.first = [](attempt&) -> int { throw std::runtime_error("no line"); }; }
    void succeed()
    {
        bodies_.first = [](attempt& a) { return static_cast<int>(a.number()); };
    }
    void pass(base::time_us us)
    {
        host_->clock().advance_by(us);
        host_->settle(undone);
    }
    /// Lets the next attempt end, and waits until the shard has seen it.
    void finish_next()
    {
        host_->finish(host_->take_job());
        host_->settle(undone);
    }
    void fail_twice()
    {
        fail();
        finish_next();
        pass(second);
        finish_next();
    }
    bodies bodies_;
    std::unique_ptr<fake_host> host_;
};
}
