// Workflows that are ordinary functions, as users write them.

#include <everstep/fiber_workflow.hpp>

#include "small_shop.hpp"

#include <everstep/async.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/describe.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

constexpr step_options here{.place = step_place::shard};

struct order
{
    std::string id;
    int cents{};
};
BOOST_DESCRIBE_STRUCT(order, (), (id, cents))

int adds_up(fiber_context& ctx, int from)
{
    int sum = from;
    for (int n = 1; n <= 3; ++n)
        sum = ctx.step("add", [&] { return sum + n; });
    return sum;
}
TEST(FiberWorkflow, ReturnsWhatItsStepsCameTo)
{
    small_shop shop;
    EXPECT_EQ(shop.start(adds_up, 10).result(), 16);
}

std::string replies(replying_fiber_context<int>& ctx, const order& o)
{
    ctx.reply(o.cents);
    ctx.sleep_for(1ms);
    return o.id + " done";
}
TEST(FiberWorkflow, RepliesBeforeItEndsAndTakesItsInputByReference)
{
    small_shop shop;
    auto run = shop.start(replies, {"o-17", 99});
    EXPECT_EQ(run.reply(), 99);
    EXPECT_EQ(run.result(), "o-17 done");
}
static_assert(std::is_same_v<decltype(std::declval<engine&>().start(replies, "", {})), run<std::string, int>>);

struct crate
{
    std::unique_ptr<int> weight;
};
BOOST_DESCRIBE_STRUCT(crate, (), (weight))
crate moves(fiber_context& ctx, crate given)
{
    return ctx.step("move", [&] {
        crate made;
        made.weight = std::make_unique<int>(*given.weight + 1);
        return made;
    });
}
TEST(FiberWorkflow, InputAndResultMayBeMoveOnly)
{
    small_shop shop;
    crate given;
    given.weight = std::make_unique<int>(4);
    EXPECT_EQ(*shop.start(moves, given).result().weight, 5);
}

int fails(fiber_context& ctx, int)
{
    ctx.step("fail", once, []() -> int { throw permanent_error("no_stock", "sold out"); });
    return 1;
}
TEST(FiberWorkflow, FailsWithWhatItsStepFailsWith)
{
    small_shop shop;
    EXPECT_EQ(failure_of([&] { shop.start(fails, 1).result(); }), "no_stock: sold out");
}

int catches(fiber_context& ctx, int)
{
    try
    {
        return fails(ctx, 1);
    }
    catch (const step_failed& e)
    {
        return ctx.step("count", [&] { return static_cast<int>(e.code().size()); });
    }
}
TEST(FiberWorkflow, MayWaitInAHandlerAndStillHasItsException)
{
    small_shop shop;
    EXPECT_EQ(shop.start(catches, 1).result(), 8);
}

int owns_what_it_captures(fiber_context& ctx, int)
{
    const std::string text = "long enough not to be kept inside of a std::string";
    const int one = ctx.step("mine", [text] { return static_cast<int>(text.size()); });
    const auto named = [text](attempt&) { return static_cast<int>(text.size()); };
    const int two = ctx.step("named", here, named);
    return ctx.transact("rows", [text](transaction&) { return static_cast<int>(text.size()); }) - one - two;
}
TEST(FiberWorkflow, BodiesMayCaptureByValueOnEveryCompiler)
{
    small_shop shop;
    EXPECT_EQ(shop.start(owns_what_it_captures, 1).result(), -50);
}

std::string says_too_much(fiber_context& ctx, bool with_options)
{
    const std::string long_text(1 << 20, 'x');
    const auto note = [] { return std::string("noted"); };
    return with_options ? ctx.step("note", once, note, args(long_text)) : ctx.step("note", note, args(long_text));
}
TEST(FiberWorkflow, ArgumentsOfItsStepsAreRecordedWithThem)
{
    for (const bool with_options : {false, true})
    {
        const std::string why = failure_of([&] { small_shop().start(says_too_much, with_options).result(); });
        EXPECT_EQ(why.find("limits: the run is parked: the arguments of step 'note' (fiber_workflow_test.cpp:"), 0u) << why;
    }
}

int sum_of(int a, const std::string& b) { return a + static_cast<int>(b.size()); }
int calls_activities(fiber_context& ctx, int n)
{
    const int sum = ctx.detached("sum", sum_of, n, "four");
    return ctx.detached("add", once, [](attempt& a, int from) { return from + static_cast<int>(a.number()); }, sum);
}
TEST(FiberWorkflow, ActivitiesAreGivenTheirArguments)
{
    small_shop shop;
    EXPECT_EQ(shop.start(calls_activities, 12).result(), 17);
}

std::string leaves_behind(fiber_context& ctx, int)
{
    constexpr step_options hurried{.retry = {.attempts = 1}, .timeout = 1ms};
    try
    {
        ctx.detached("stubborn", hurried, [](attempt& a) { a.use<gate>().wait(); });
    }
    catch (const timed_out& e)
    {
        return e.text();
    }
    return "it ended";
}
TEST(FiberWorkflow, AnActivityIsLeftBehindWhenItsTimeIsOver)
{
    gate may_end;
    small_shop shop;
    shop->provide(may_end);
    EXPECT_EQ(shop.start(leaves_behind, 1).result(), "no result within 1 ms; the body was left behind and may still run");
    may_end.open();
}

int awaits(fiber_context& ctx, int n)
{
    return ctx.step("await", [n]() -> boost::asio::awaitable<int> { co_return n + 1; });
}
TEST(FiberWorkflow, BodiesMayReturnAnAwaitable)
{
    small_shop shop;
    EXPECT_EQ(shop.start(awaits, 1).result(), 2);
}

std::string takes_all_kinds_of_branches(fiber_context& ctx, int)
{
    const auto [one, two, none] =
        ctx.all([](fiber_context& c) { return adds_up(c, 0); }, ctx.cold().step("two", [] { return 2; }), [](fiber_context& c) { c.sleep_for(1ms); });
    static_assert(std::is_same_v<decltype(none), const nothing>);
    std::vector<int> items{1, 2, 3};
    const std::vector<int> doubled = ctx.all(items, 2, [](fiber_context& c, int& item) { return c.step("double", [&] { return 2 * item; }); });
    const auto won = ctx.any([](fiber_context& c) -> int { c.wait_forever(); }, [](fiber_context& c) { return c.step("now", [] { return 5; }); });
    const auto first = ctx.race(items, 0, [](fiber_context& c, int item) {
        if (item != 2)
            c.wait_forever();
        return item;
    });
    return std::to_string(one) + std::to_string(two) + std::to_string(doubled[2]) + std::to_string(won.index) + std::to_string(first.value);
}
TEST(FiberWorkflow, BranchesAreFunctionsAndOperations)
{
    small_shop shop;
    EXPECT_EQ(shop.start(takes_all_kinds_of_branches, 1).result(), "62612");
}

workflow<int> coroutine_adds_one(context& ctx, int n)
{
    co_return co_await ctx.step("add", [&] { return n + 1; });
}
int calls_a_coroutine(fiber_context& ctx, int n)
{
    const auto [sum] = ctx.all(coroutine_adds_one(ctx.cold(), n));
    return sum + ctx.with_timeout(1h, coroutine_adds_one(ctx.cold(), n));
}
TEST(FiberWorkflow, ACoroutineMayBeABranch)
{
    small_shop shop;
    EXPECT_EQ(shop.start(calls_a_coroutine, 3).result(), 8);
}

std::string is_late(fiber_context& ctx, int)
{
    try
    {
        ctx.with_timeout(1ms, [](fiber_context& c) { c.sleep_for(1h); });
    }
    catch (const timed_out& e)
    {
        return e.text();
    }
    return "in time";
}
TEST(FiberWorkflow, WorkMayHaveATimeout)
{
    small_shop shop;
    EXPECT_EQ(shop.start(is_late, 1).result(), "no result within 1 ms");
}

/// 2 to the power of `depth` branches, inside of each other.
int bisects(fiber_context& ctx, int depth)
{
    if (depth == 0)
        return ctx.step("leaf", here, [] { return 1; });
    const auto half = [&](fiber_context& c) { return bisects(c, depth - 1); };
    const auto [left, right] = ctx.all(half, half);
    return left + right;
}
TEST(FiberWorkflow, BranchesMayHaveBranches)
{
    small_shop shop;
    EXPECT_EQ(shop.start(bisects, 5).result(), 32);
}

std::string is_told(fiber_context& ctx, int)
{
    const auto approval = ctx.promise<int>("approval");
    ctx.step("ask", [&] { ctx.use<std::promise<std::string>>().set_value(approval.token()); });
    const int said = approval.get();
    const std::string told = ctx.receive<std::string>("told");
    const auto later = ctx.receive_for<std::string>("told", 0ms);
    return std::to_string(said) + told + (later ? *later : "-") + (ctx.try_receive<int>("other") ? "!" : ".");
}
TEST(FiberWorkflow, IsToldByPromisesAndSignals)
{
    small_shop shop;
    std::promise<std::string> token;
    shop->provide(token);
    auto run = shop.start(is_told, 1);
    EXPECT_TRUE(shop->complete(token.get_future().get(), 7));
    run.signal("told", std::string("x"));
    EXPECT_EQ(run.result(), "7x-.");
}

std::string listens(fiber_context& ctx, int)
{
    return ctx.receive<std::string>("told");
}
int tells_a_listener(fiber_context& ctx, std::string other)
{
    ctx.signal(listens, other, "told", std::string("by a run"));
    return 1;
}
workflow<int> coroutine_tells(context& ctx, std::string other)
{
    const std::string text = "by a coroutine";
    co_await ctx.signal(listens, other, "told", text);
    co_return 1;
}
TEST(FiberWorkflow, IsToldByRunsOfBothFormsAndByTransactions)
{
    small_shop shop;
    shop->add("listens", listens).add("tells", tells_a_listener).add("coroutine", coroutine_tells);
    shop->open();
    shop->start(listens, "a", 1);
    shop->start(listens, "b", 1);
    shop->start(tells_a_listener, "t", "a");
    shop->start(coroutine_tells, "t", "b");
    shop->transact([](transaction& tx) {
        tx.start(listens, "c", 1);
        tx.signal(listens, "c", "told", std::string("by a transaction"));
    });
    EXPECT_EQ(shop->run(listens, "a").result(), "by a run");
    EXPECT_EQ(shop->run(listens, "b").result(), "by a coroutine");
    EXPECT_EQ(shop->signal_with_start(listens, "d", 1, "told", std::string("at once")).result(), "at once");
    auto e = shop->async_start(listens, "e", 1, boost::asio::use_future).get();
    e.signal("told", std::string("e"));
    EXPECT_EQ(e.result(), "e");
    while (why_not([&] { shop->run(listens, "c").status(); }) == errc::not_found)
        std::this_thread::yield();
    EXPECT_EQ(shop->run(listens, "c").result(), "by a transaction");
}

int counts_event(fiber_context& ctx, event e)
{
    return ctx.step("count", [&] { return static_cast<int>(e.data.size()); });
}
int takes_number(fiber_context&, int n) { return n; }
TEST(FiberWorkflow, IsStartedByASubscription)
{
    small_shop shop;
    shop->add("count", counts_event).add("number", takes_number).add_topic("talk");
    shop->subscribe("talk", "counter", counts_event).subscribe("talk", "numbers", takes_number);
    shop->open();
    const publish_options named{.id = "e-1"};
    shop->publish("talk", 123, named);
    while (why_not([&] { shop->run(counts_event, "counter/e-1").status(); }) == errc::not_found ||
           why_not([&] { shop->run(takes_number, "numbers/e-1").status(); }) == errc::not_found)
        std::this_thread::yield();
    EXPECT_EQ(shop->run(counts_event, "counter/e-1").result(), 3);
    EXPECT_EQ(shop->run(takes_number, "numbers/e-1").result(), 123);
}

void compensates(replying_fiber_context<bool>& ctx, int)
{
    fiber_saga undo{ctx};
    undo.step("pay", [] { return 5; },
              [](attempt&, services& use, const int& paid) { use.get<std::promise<int>>().set_value(paid); });
    ctx.reply(true);
    ctx.wait_forever();
}
TEST(FiberWorkflow, ACancelIsThrownAtItsWaitAndCompensatesItsSagas)
{
    small_shop shop;
    std::promise<int> refunded;
    shop->provide(refunded);
    auto run = shop.start(compensates, 1);
    EXPECT_TRUE(run.reply());
    run.cancel("enough");
    EXPECT_EQ(failure_of([&] { run.result(); }), "cancelled: enough");
    EXPECT_EQ(refunded.get_future().get(), 5);
}

std::string uses_its_context_in_a_body(fiber_context& ctx, int)
{
    try
    {
        ctx.step("outer", once, [&] { ctx.step("inner", [] {}); });
    }
    catch (const step_failed& e)
    {
        return e.code();
    }
    return "not refused";
}
std::string uses_its_context_in_a_body_here(fiber_context& ctx, int)
{
    constexpr step_options once_here{.retry = {.attempts = 1}, .place = step_place::shard};
    try
    {
        ctx.step("outer", once_here, [&] { ctx.sleep_for(1h); });
    }
    catch (const step_failed& e)
    {
        return e.code();
    }
    return "not refused";
}
TEST(FiberWorkflow, ABodyThatUsesTheContextFailsWithWrongUse)
{
    small_shop shop;
    shop->add("here", uses_its_context_in_a_body_here);
    EXPECT_EQ(shop.start(uses_its_context_in_a_body, 1).result(), "wrong_use");
    EXPECT_EQ(shop->start(uses_its_context_in_a_body_here, "a", 1).result(), "wrong_use");
}

[[gnu::noinline]] std::size_t digs(fiber_context& ctx, int depth)
{
    volatile char here_on_the_stack[1'000];
    here_on_the_stack[0] = 'x';
    if (depth == 0)
        return ctx.step("bottom", here, [] { return std::size_t{1}; });
    return digs(ctx, depth - 1) + (here_on_the_stack[0] == 'x' ? 1u : 0u);
}
std::size_t digs_deep(fiber_context& ctx, int depth) { return digs(ctx, depth); }
TEST(FiberWorkflow, HasTheStackThatItWasAddedWith)
{
    small_shop shop;
    shop->add("deep", digs_deep, {.stack_bytes = 8u << 20});
    shop->open();
    EXPECT_EQ(shop->start(digs_deep, "a", 4'000).result(), 4'001u);
}
TEST(FiberWorkflow, AStackOutsideOfItsRangeIsRefused)
{
    small_shop shop;
    EXPECT_EQ(why_not([&] { shop->add("deep", digs_deep, {.stack_bytes = 16}); }), errc::wrong_use);
    EXPECT_EQ(why_not([&] { shop->add("deep", digs_deep, {.stack_bytes = std::size_t{1} << 40}); }), errc::wrong_use);
}
TEST(FiberWorkflow, AStackAtTheEndsOfItsRangeIsTaken)
{
    EXPECT_EQ(why_not([] { detail::checked({.stack_bytes = detail::fiber_stack_bytes_max}); }), errc{});
    EXPECT_EQ(why_not([] { detail::checked({.stack_bytes = detail::fiber_stack_bytes_min}); }), errc{});
}

int swallows(fiber_context& ctx, int)
{
    int times = 0;
    for (;;)
        try
        {
            if (ctx.receive<int>("go") == 1)
                return times;
        }
        catch (...)
        {
            ++times;
        }
}
TEST(FiberWorkflow, ARunThatSwallowsItsEvictionIsNamedAndGoesOnFromItsHistory)
{
    small_shop shop(":memory:", [](engine_options& o) {
        o.resident_wait_max = 0ms;
        o.resident_runs_max = 1;
    });
    auto run = shop.start(swallows, 1);
    shop.wait_for_line("the code lets nothing end its wait: its stack (1) is lost to the process");
    run.signal("go", 0);
    run.signal("go", 1);
    EXPECT_EQ(run.result(), 0);
}

int naps(fiber_context& ctx, int n)
{
    ctx.sleep_for(1ms);
    return n;
}
TEST(FiberWorkflow, ManyRunsShareFewStacks)
{
    small_shop shop;
    shop->add("naps", naps);
    shop->open();
    std::vector<run<int>> all;
    for (int n = 0; n < 500; ++n)
        all.push_back(shop->start(naps, std::to_string(n), n));
    for (int n = 0; n < 500; ++n)
        EXPECT_EQ(all[static_cast<std::size_t>(n)].result(), n);
}

template <class Function>
concept can_be_added = requires(engine& e, Function* f) { e.add("name", f); };
static_assert(can_be_added<int(fiber_context&, int)>);
static_assert(can_be_added<void(replying_fiber_context<int>&, const order&)>);
static_assert(!can_be_added<int(fiber_context&, int) noexcept>, "a wait must be able to throw");
static_assert(!can_be_added<int(fiber_context&)>);
static_assert(!can_be_added<int(int)>);
static_assert(!std::is_copy_constructible_v<fiber_context>);
}
}
