// Children as the driver of their parent sees them: live, and over the history that it left.

#include "engine/promise_token.hpp"

#include "driven_run.hpp"

#include <everstep/child.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace everstep::core
{
namespace
{
workflow<int> child_flow(context&, int n) { co_return n; }

template <close_policy policy, bool fails>
workflow<int> parent_flow(context& ctx, int)
{
    const child_options how{.on_close = policy};
    co_await ctx.start_child(child_flow, "c", 7, how);
    co_await ctx.step("work", [] { return 1; });
    if (fails)
        throw permanent_error("no", "no");
    co_return 1;
}

workflow<int> calls(context& ctx, int)
{
    const int got = co_await ctx.call(child_flow, "c", 7);
    co_return got + 1;
}

class RunDriverChildren : public ::testing::Test
{
protected:
    using flow = workflow<int> (*)(context&, int);

    std::unique_ptr<driven_run> of(flow function, std::vector<std::string> history = {})
    {
        auto run = std::make_unique<driven_run>(function, 0, std::move(history));
        run->limits.workflows = &workflows_;
        return run;
    }
    RunDriverChildren()
    {
        workflows_.add({.name = "child", .function = reinterpret_cast<detail::function_key>(child_flow),
                        .traits = detail::traits_for<int, void, int>::value, .version = 1});
    }
    static std::string signal_of(std::uint32_t path)
    {
        return promise_signal(promise_secret({11, 22}, child_promise(journal::path(path), {11, 22})));
    }
    static driver_state ended(driven_run& run, std::uint32_t path, const std::string& answer)
    {
        const std::string name = signal_of(path);
        entry e;
        e.kind = entry_kind::signalled;
        e.name = name;
        e.payload = answer;
        return run.apply(e);
    }

    registry workflows_;
};

TEST_F(RunDriverChildren, AStartIsWantedOnceAndNotAgainInReplay)
{
    auto run = of(calls);
    EXPECT_EQ(run->begin(), driver_state::waiting);
    ASSERT_EQ(run->published.size(), 1u);
    EXPECT_NE(run->published.front().find("\"what\":\"start\""), std::string::npos) << run->published.front();
    auto again = of(calls, run->history());
    EXPECT_EQ(again->begin(), driver_state::waiting);
    EXPECT_TRUE(again->published.empty());
    EXPECT_EQ(again->waiting(), run->waiting());
}

TEST_F(RunDriverChildren, ItsEndIsTheResult)
{
    auto run = of(calls);
    run->begin();
    EXPECT_EQ(ended(*run, 0, R"({"code":"","text":"","value":"7"})"), driver_state::ended);
    EXPECT_EQ(run->driver().end().payload, "8");
    auto again = of(calls, run->history());
    EXPECT_EQ(again->begin(), driver_state::ended);
}

TEST_F(RunDriverChildren, AnEndThatIsNoResultParksTheParent)
{
    auto run = of(calls);
    run->begin();
    EXPECT_EQ(ended(*run, 0, R"({"code":"","text":"","value":"[]"})"), driver_state::parked);
    EXPECT_EQ(run->driver().reason(), park_reason::divergence);
}

TEST_F(RunDriverChildren, AParentWaitsForOneThatItIsToWaitFor)
{
    auto run = of(parent_flow<close_policy::wait, false>);
    run->begin();
    EXPECT_EQ(run->succeed("1"), driver_state::waiting);
    EXPECT_EQ(run->published.size(), 1u); // it is not cancelled
    auto again = of(parent_flow<close_policy::wait, false>, run->history());
    EXPECT_EQ(again->begin(), driver_state::waiting);
    EXPECT_EQ(ended(*run, 0, "{}"), driver_state::ended);
}

TEST_F(RunDriverChildren, OneThatFailsCancelsThemFirst)
{
    auto run = of(parent_flow<close_policy::wait, true>);
    run->begin();
    EXPECT_EQ(run->succeed("1"), driver_state::waiting);
    ASSERT_EQ(run->published.size(), 2u);
    EXPECT_NE(run->published.back().find("\"what\":\"cancel\""), std::string::npos) << run->published.back();
    auto again = of(parent_flow<close_policy::wait, true>, run->history());
    EXPECT_EQ(again->begin(), driver_state::waiting);
    EXPECT_TRUE(again->published.empty());
    EXPECT_EQ(ended(*again, 0, "{}"), driver_state::ended);
    EXPECT_EQ(again->driver().end().kind, entry_kind::failed);
}

TEST_F(RunDriverChildren, ThoseThatAreLeftAreNotTold)
{
    auto run = of(parent_flow<close_policy::leave, true>);
    run->begin();
    EXPECT_EQ(run->succeed("1"), driver_state::ended);
    EXPECT_EQ(run->published.size(), 1u);
}

TEST_F(RunDriverChildren, ASecondCancelDoesNotTellThemAgain)
{
    auto run = of(parent_flow<close_policy::wait, false>);
    run->begin();
    run->cancel("once");
    EXPECT_EQ(run->published.size(), 2u);
    run->cancel("twice");
    EXPECT_EQ(run->published.size(), 2u);
}

TEST_F(RunDriverChildren, WhereTheHistoryIsFullTheRunIsParkedBeforeTheyAreTold)
{
    auto run = of(parent_flow<close_policy::cancel, false>);
    run->entries_max = 2;
    run->begin();
    EXPECT_EQ(run->succeed("1"), driver_state::parked);
    EXPECT_EQ(run->driver().reason(), park_reason::limits);
}

TEST_F(RunDriverChildren, AnotherInputForAChildIsADivergence)
{
    auto run = of(calls);
    run->begin();
    std::vector<std::string> history = run->history();
    entry e;
    ASSERT_TRUE(journal::decode(history.front(), e));
    const entry before = e;
    std::string bytes;
    entry changed = before;
    changed.payload = "8";
    journal::encode(changed, bytes);
    history.front() = bytes;
    auto again = of(calls, history);
    EXPECT_EQ(again->begin(), driver_state::parked);
    EXPECT_EQ(again->driver().reason(), park_reason::divergence);
}
}
}
