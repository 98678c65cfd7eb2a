#include "driven_run.hpp"

#include "base/sanitizer.hpp"

#include <everstep/fiber_workflow.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <exception>
#include <utility>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

std::vector<std::string> seen; ///< what the code of a test has done

std::vector<std::string> take_seen() { return std::exchange(seen, {}); }

struct says_goodbye
{
    const char* name;
    ~says_goodbye() { seen.push_back(std::string("~") + name); }
};

int two_steps(fiber_context& ctx, int n)
{
    const says_goodbye outer{"outer"};
    const int one = ctx.step("one", [] { return 1; });
    const says_goodbye inner{"inner"};
    const int two = ctx.step("two", [] { return 2; });
    return n + one + two;
}

class FiberStrand : public testing::Test
{
protected:
    FiberStrand()
    {
        seen.clear();
        detail::take_lost_fiber_stacks();
    }
};

TEST_F(FiberStrand, WaitsWhereTheCodeWaits)
{
    driven_run run(two_steps, 10);
    EXPECT_EQ(run.begin(), driver_state::waiting);
    EXPECT_EQ(run.waiting(), std::vector<std::string>{"step one at 0"});
    EXPECT_EQ(run.succeed("1"), driver_state::waiting);
    EXPECT_EQ(run.waiting(), std::vector<std::string>{"step two at 1"});
    EXPECT_EQ(run.succeed("2"), driver_state::ended);
    EXPECT_EQ(run.driver().end().payload, "13");
}

TEST_F(FiberStrand, GoesOnFromItsHistory)
{
    driven_run first(two_steps, 10);
    first.begin();
    first.succeed("1");
    driven_run again(two_steps, 10, first.history());
    EXPECT_EQ(again.begin(), driver_state::waiting);
    EXPECT_EQ(again.waiting(), std::vector<std::string>{"step two at 1"});
}

TEST_F(FiberStrand, DroppedWhileItWaitsItsStackIsUnwound)
{
    {
        driven_run run(two_steps, 10);
        run.begin();
        run.succeed("1");
        EXPECT_EQ(take_seen(), std::vector<std::string>{});
    }
    EXPECT_EQ(take_seen(), (std::vector<std::string>{"~inner", "~outer"}));
    EXPECT_EQ(detail::take_lost_fiber_stacks(), 0u);
}

int catches_standard(fiber_context& ctx, int)
{
    try
    {
        ctx.step("one", [] {});
    }
    catch (const std::exception&)
    {
        seen.push_back("caught");
    }
    seen.push_back("went on");
    return 0;
}
TEST_F(FiberStrand, UnwindingPassesHandlersOfStandardExceptions)
{
    {
        driven_run run(catches_standard, 1);
        run.begin();
    }
    EXPECT_EQ(take_seen(), std::vector<std::string>{});
}

int catches_all(fiber_context& ctx, int)
{
    for (int n = 0; n < 3; ++n)
        try
        {
            ctx.step("one", [] {});
            seen.push_back("went on");
        }
        catch (...)
        {
            seen.push_back("caught");
        }
    return 0;
}
TEST_F(FiberStrand, UnwindingIsThrownAgainAtEachLaterWait)
{
    {
        driven_run run(catches_all, 1);
        run.begin();
    }
    EXPECT_EQ(take_seen(), (std::vector<std::string>{"caught", "caught", "caught"}));
    EXPECT_EQ(detail::take_lost_fiber_stacks(), 0u);
}

int times_caught;
int catches_for_ever(fiber_context& ctx, int)
{
    for (;;)
        try
        {
            ctx.step("one", [] {});
        }
        catch (...)
        {
            ++times_caught;
        }
}
TEST_F(FiberStrand, CodeThatSwallowsForEverLosesItsStackAndNothingElse)
{
    times_caught = 0;
    {
        driven_run run(catches_for_ever, 1);
        run.begin();
        EXPECT_EQ(run.waiting(), std::vector<std::string>{"step one at 0"});
    }
    EXPECT_EQ(times_caught, static_cast<int>(detail::fiber_strand::swallowed_max));
    EXPECT_EQ(detail::take_lost_fiber_stacks(), 1u);
    EXPECT_EQ(detail::take_lost_fiber_stacks(), 0u) << "they are counted once";
    driven_run other(two_steps, 1);
    other.begin();
    EXPECT_EQ(other.succeed("1"), driver_state::waiting);
}

struct waits_at_its_end
{
    fiber_context& ctx;
    ~waits_at_its_end() { ctx.step("release", [] {}); }
};
int holds(fiber_context& ctx, int)
{
    const says_goodbye outer{"outer"};
    const waits_at_its_end lock{ctx};
    ctx.step("one", [] {});
    return 1;
}
TEST_F(FiberStrand, ADestructorThatWaitsWhileItsStackIsUnwoundLosesTheStackAndNotTheProcess)
{
    {
        driven_run run(holds, 1);
        run.begin();
    }
    EXPECT_EQ(detail::take_lost_fiber_stacks(), 1u);
}

/// Nothing can be thrown through a destructor, which is noexcept.
TEST_F(FiberStrand, ARunThatIsDroppedWhileADestructorWaitsLosesTheStackAndNotTheProcess)
{
    const std::terminate_handler before = std::get_terminate();
    {
        driven_run run(holds, 1);
        run.begin();
        EXPECT_EQ(run.succeed("null"), driver_state::waiting);
        EXPECT_EQ(run.waiting(), std::vector<std::string>{"step release at 1"});
    }
    EXPECT_EQ(detail::take_lost_fiber_stacks(), 1u);
    EXPECT_EQ(std::get_terminate(), before);
}
TEST_F(FiberStrand, ADestructorMayWaitWhereNothingIsThrown)
{
    driven_run run(holds, 1);
    run.begin();
    run.succeed("null");
    EXPECT_EQ(run.succeed("null"), driver_state::ended);
    EXPECT_EQ(run.driver().end().payload, "1");
}

int throws_past_a_lock(fiber_context& ctx, int)
{
    const waits_at_its_end lock{ctx};
    throw std::runtime_error("past the lock");
}
TEST_F(FiberStrand, ADestructorThatWaitsWhileAnExceptionIsOnItsWayFailsTheRun)
{
    driven_run run(throws_past_a_lock, 1);
    EXPECT_EQ(run.begin(), driver_state::ended);
    EXPECT_EQ(run.driver().end().code, "wrong_use");
    EXPECT_NE(run.driver().end().text.find("operation 'release' was called by a destructor"), std::string::npos) << run.driver().end().text;
    EXPECT_EQ(detail::take_lost_fiber_stacks(), 1u);
}

int waits_in_a_handler(fiber_context& ctx, int)
{
    try
    {
        throw std::runtime_error("mine");
    }
    catch (const std::exception&)
    {
        ctx.step("one", [] {});
        try
        {
            throw;
        }
        catch (const std::exception& e)
        {
            seen.push_back(e.what());
        }
    }
    return 0;
}
TEST_F(FiberStrand, AWaitInAHandlerKeepsItsExceptionWhateverOthersHandleMeanwhile)
{
    driven_run one(waits_in_a_handler, 1), two(waits_in_a_handler, 1);
    one.begin();
    EXPECT_FALSE(std::current_exception());
    two.begin();
    try
    {
        throw std::logic_error("of the thread");
    }
    catch (...)
    {
        EXPECT_EQ(one.succeed("null"), driver_state::ended);
        EXPECT_THROW(throw, std::logic_error);
    }
    EXPECT_EQ(two.succeed("null"), driver_state::ended);
    EXPECT_EQ(take_seen(), (std::vector<std::string>{"mine", "mine"}));
}

TEST_F(FiberStrand, ARunThatIsDroppedInAHandlerIsUnwound)
{
    {
        driven_run run(waits_in_a_handler, 1);
        run.begin();
    }
    EXPECT_EQ(take_seen(), std::vector<std::string>{});
    EXPECT_EQ(detail::take_lost_fiber_stacks(), 0u);
}

int two_branches(fiber_context& ctx, int)
{
    const says_goodbye outer{"outer"};
    ctx.all(
        [](fiber_context& c) {
            const says_goodbye first{"first"};
            c.step("a", [] {});
        },
        [](fiber_context& c) {
            const says_goodbye second{"second"};
            c.step("b", [] {});
        });
    return 0;
}
TEST_F(FiberStrand, BranchesAreUnwoundBeforeWhatTheyReferTo)
{
    {
        driven_run run(two_branches, 1);
        run.begin();
        EXPECT_EQ(run.waiting(), (std::vector<std::string>{"step a at 0.0.0", "step b at 0.1.0"}));
    }
    std::vector<std::string> order = take_seen();
    ASSERT_EQ(order.size(), 3u);
    EXPECT_EQ(order.back(), "~outer");
}

fiber_context* kept;
int keeps_its_context(fiber_context& ctx, int)
{
    kept = &ctx;
    ctx.step("one", [] {});
    return 0;
}
template <class Call>
std::string refusal_of(Call&& call)
{
    try
    {
        call();
    }
    catch (const engine_error& e)
    {
        return e.why() == errc::wrong_use ? e.text() : e.what();
    }
    return "no refusal";
}
constexpr const char* not_here = "a fiber_context was used where it is not that of the running code";

TEST_F(FiberStrand, AContextIsRefusedOutsideOfItsCode)
{
    driven_run run(keeps_its_context, 1);
    run.begin();
    EXPECT_EQ(refusal_of([] { kept->step("two", [] {}); }).find(not_here), 0u);
    EXPECT_EQ(refusal_of([] { kept->random(); }).find(not_here), 0u);
    EXPECT_EQ(refusal_of([] { static_cast<void>(kept->now()); }).find(not_here), 0u);
    EXPECT_EQ(refusal_of([] { kept->try_receive<int>("n"); }).find(not_here), 0u);
    std::thread([] { EXPECT_EQ(refusal_of([] { kept->sleep_for(1h); }).find(not_here), 0u); }).join();
    EXPECT_EQ(run.waiting(), std::vector<std::string>{"step one at 0"});
}

int uses_the_wrong_context(fiber_context& ctx, int)
{
    ctx.all([&](fiber_context&) { ctx.step("of another", [] {}); });
    return 0;
}
TEST_F(FiberStrand, ABranchThatUsesTheContextOfAnotherIsRefused)
{
    driven_run run(uses_the_wrong_context, 1);
    EXPECT_EQ(run.begin(), driver_state::ended);
    EXPECT_EQ(run.driver().end().code, "wrong_use");
    EXPECT_EQ(run.driver().end().text.find(not_here), 0u) << run.driver().end().text;
}

TEST_F(FiberStrand, ARunThatFindsNoStackIsParkedAndTheTextSaysWhatToDo)
{
    driven_run run(two_steps, 1);
    run.code().traits.stack_bytes = std::size_t{1} << 50;
    EXPECT_EQ(run.begin(), driver_state::parked);
    EXPECT_EQ(run.driver().reason(), park_reason::limits);
    EXPECT_NE(run.driver().text().find("lower engine_options::resident_runs_max, or raise vm.max_map_count"), std::string::npos)
        << run.driver().text();
}

int opens_a_branch(fiber_context& ctx, int)
{
    seen.push_back("has a stack itself");
    ctx.all([](fiber_context& c) { c.step("one", [] {}); });
    return 0;
}
TEST_F(FiberStrand, ARunWhoseBranchFindsNoStackIsParkedToo)
{
    constexpr std::size_t half_of_all_addresses = std::size_t{1} << 46;
    driven_run run(opens_a_branch, 1);
    run.code().traits.stack_bytes = half_of_all_addresses;
    EXPECT_EQ(run.begin(), driver_state::parked);
    EXPECT_EQ(run.driver().reason(), park_reason::limits);
    EXPECT_EQ(run.driver().text().find("limit: no stack of "), 0u) << run.driver().text();
    if (!base::address_sanitized) // which needs so much of the addresses that there is no room for the first one either
    {
        EXPECT_EQ(take_seen(), std::vector<std::string>{"has a stack itself"});
    }
}

[[gnu::noinline]] int recurse(volatile char* above, int depth)
{
    volatile char here[512];
    here[0] = above ? above[0] : 'x';
    return depth == 0 ? here[0] : recurse(here, depth - 1) + here[0];
}
int goes_too_deep(fiber_context&, int depth) { return recurse(nullptr, depth); }

TEST(FiberStrandDeathTest, CodeThatNeedsMoreStackDiesAtItsGuard)
{
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    const auto runs = [](int depth) {
        driven_run run(goes_too_deep, depth);
        run.code().traits.stack_bytes = 64u << 10;
        run.begin();
    };
    runs(20);
    if (base::address_sanitized)
        EXPECT_DEATH(runs(1'000'000), "");
    else
        EXPECT_EXIT(runs(1'000'000), testing::KilledBySignal(SIGSEGV), "");
}
}
}
