#include <everstep/saga.hpp>

#include "small_shop.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

/// What was undone, in order.
struct diary
{
    std::mutex mutex;
    std::vector<std::string> lines;
    void write(const std::string& line)
    {
        const std::scoped_lock lock(mutex);
        lines.push_back(line);
    }
    std::string text()
    {
        const std::scoped_lock lock(mutex);
        std::string all;
        for (const std::string& line : lines)
            all += line + " ";
        return all;
    }
};

constexpr auto undo_text = [](attempt&, services& use, const std::string& what) { use.get<diary>().write("-" + what); };
constexpr auto undo_nothing = [](attempt& a, services& use) { use.get<diary>().write("-nothing:" + std::to_string(a.token().size())); };

enum class then : std::uint8_t
{
    throws,
    completes,
    releases,
    compensates,
    waits
};
BOOST_DESCRIBE_ENUM(then, throws, completes, releases, compensates, waits)

workflow<int, int> books(context& ctx, then what)
{
    saga undo{ctx};
    const std::string car = co_await undo.step("car", [] { return std::string("car"); }, undo_text);
    const std::string hotel = co_await undo.step("hotel", once, [] { return std::string("hotel"); }, undo_text);
    co_await undo.step("nothing", [] {}, undo_nothing);
    if (what == then::releases)
        undo.release();
    if (what == then::compensates)
        co_await undo.compensate();
    if (what == then::waits)
    {
        co_await ctx.reply(1);
        co_await ctx.wait_forever();
    }
    if (what != then::completes)
        throw permanent_error{"no_flight", "there is none"};
    co_return 1;
}

std::string undone(then what)
{
    diary kept;
    small_shop shop;
    shop->provide(kept);
    auto a = shop.start(books, what);
    if (what == then::waits)
    {
        a.reply();
        a.cancel("enough");
    }
    failure_of([&] { a.result(); });
    shop.reset();
    return kept.text();
}

TEST(Saga, ExceptionUndoesNewestFirst) { EXPECT_EQ(undone(then::throws), "-nothing:32 -hotel -car "); }
TEST(Saga, CompletedRunUndoesNothing) { EXPECT_EQ(undone(then::completes), ""); }
TEST(Saga, ReleasedSagaUndoesNothing) { EXPECT_EQ(undone(then::releases), ""); }
TEST(Saga, CompensatedSagaIsUndoneOnce) { EXPECT_EQ(undone(then::compensates), "-nothing:32 -hotel -car "); }
TEST(Saga, CancelUndoesNewestFirst) { EXPECT_EQ(undone(then::waits), "-nothing:32 -hotel -car "); }

TEST(Saga, RunFailsWithTheErrorThatLeftItsBody)
{
    diary kept;
    small_shop shop;
    shop->provide(kept);
    EXPECT_EQ(failure_of([&] { shop.start(books, then::throws).result(); }), "no_flight: there is none");
}

constexpr auto undo_fails = [](attempt&, services&, const std::string&) { throw permanent_error{"no_refund", "gone for good"}; };

workflow<int> cannot_be_undone(context& ctx, int)
{
    saga undo{ctx};
    co_await undo.step("car", [] { return std::string("car"); }, undo_text);
    co_await undo.step("hotel", [] { return std::string("hotel"); }, undo_fails);
    throw permanent_error{"no_flight", "there is none"};
}

TEST(Saga, UndoThatFailsForGoodParksTheRun)
{
    diary kept;
    small_shop shop;
    shop->provide(kept);
    auto a = shop.start(cannot_be_undone, 1);
    EXPECT_EQ(failure_of([&] { a.result(); }).substr(0, 20), "compensation_failed:");
    const run_status now = a.status();
    EXPECT_EQ(now.state, run_state::parked);
    EXPECT_NE(now.text.find("hotel"), std::string::npos) << now.text;
    EXPECT_EQ(kept.text(), "") << "older undos wait for the one that failed";
}

workflow<int> two_sagas(context& ctx, int)
{
    saga one{ctx};
    co_await one.step("a", [] { return std::string("a"); }, undo_text);
    saga two{ctx};
    co_await two.step("b", [] { return std::string("b"); }, undo_text);
    co_await one.step("c", [] { return std::string("c"); }, undo_text);
    co_await two.compensate();
    throw permanent_error{"enough", "enough"};
}

TEST(Saga, CompensateUndoesItsOwnSagaAlone)
{
    diary kept;
    {
        small_shop shop;
        shop->provide(kept);
        failure_of([&] { shop.start(two_sagas, 1).result(); });
    }
    EXPECT_EQ(kept.text(), "-b -c -a ");
}

constexpr auto undo_refused = [](attempt&, services& use, const std::string& what) {
    use.get<diary>().write("-" + what);
    throw std::runtime_error("closed");
};

workflow<int> undo_is_bounded(context& ctx, int)
{
    saga undo{ctx};
    co_await undo.step("hotel", once, [] { return std::string("hotel"); }, undo_refused, at_once);
    throw permanent_error{"no_flight", "there is none"};
}

TEST(Saga, UndoWithOptionsOfItsOwnEndsWithItsAttempts)
{
    diary kept;
    small_shop shop;
    shop->provide(kept);
    EXPECT_EQ(failure_of([&] { shop.start(undo_is_bounded, 1).result(); }),
              "compensation_failed: the run is parked: the compensation of step 'hotel' failed for good (attempts: 3): std::runtime_error: closed");
    EXPECT_EQ(kept.text(), "-hotel -hotel -hotel ");
}

constexpr auto look_up = [](attempt& a, services& use, const std::string* what) {
    use.get<diary>().write(what ? "-" + *what : a.undoes().empty() ? "blind" : "?");
};
constexpr auto look_up_nothing = [](attempt&, services& use, bool is_done) { use.get<diary>().write(is_done ? "-nothing" : "?nothing"); };

workflow<int> is_unsure(context& ctx, bool fails)
{
    saga undo{ctx};
    co_await undo.step_unsure("car", [] { return std::string("car"); }, look_up);
    co_await undo.step_unsure("seat", [] {}, look_up_nothing, at_once);
    co_await undo.step_unsure("flight", once, [&] { return fails ? throw std::runtime_error("dead line") : std::string("flight"); }, look_up);
    co_await undo.step_unsure("meal", once, [] { throw std::runtime_error("dead line"); }, look_up_nothing, once);
    co_return 1;
}

std::string undone_of_unsure(bool fails)
{
    diary kept;
    {
        small_shop shop;
        shop->provide(kept);
        failure_of([&] { shop.start(is_unsure, fails).result(); });
    }
    return kept.text();
}

TEST(Saga, UnsureStepThatFailedIsLookedUp) { EXPECT_EQ(undone_of_unsure(true), "? -nothing -car "); }
TEST(Saga, UnsureStepThatIsDoneIsUndoneWithItsResult) { EXPECT_EQ(undone_of_unsure(false), "?nothing -flight -nothing -car "); }

/// Undos that wait for each other.
struct meeting
{
    gate first, second;
};

constexpr auto opens_first = [](attempt&, services& use, const std::string&) {
    use.get<meeting>().first.open();
    use.get<meeting>().second.wait();
};
constexpr auto opens_second = [](attempt&, services& use, const std::string&) {
    use.get<meeting>().second.open();
    use.get<meeting>().first.wait();
};

workflow<int> undone_at_once(context& ctx, int)
{
    saga undo{ctx, {.undos_at_once = 2}};
    co_await undo.step("a", [] { return std::string("a"); }, opens_first);
    co_await undo.step("b", [] { return std::string("b"); }, opens_second);
    co_await undo.compensate();
    co_return 1;
}

TEST(Saga, UndosRunAtTheSameTimeWhereTheSagaSaysSo)
{
    meeting both;
    small_shop shop;
    shop->provide(both);
    EXPECT_EQ(shop.start(undone_at_once, 1).result(), 1);
}

workflow<int> past_its_pivot(context& ctx, int)
{
    saga other{ctx};
    co_await other.step("a", [] { return std::string("a"); }, undo_text);
    saga undo{ctx};
    co_await undo.step("b", [] { return std::string("b"); }, undo_text);
    undo.pivot();
    co_await undo.step("c", [] { return std::string("c"); }, undo_text);
    throw permanent_error{"enough", "enough"};
}

TEST(Saga, PivotForgetsWhatWasAndWhatComes)
{
    diary kept;
    {
        small_shop shop;
        shop->provide(kept);
        failure_of([&] { shop.start(past_its_pivot, 1).result(); });
    }
    EXPECT_EQ(kept.text(), "-a ");
}

static_assert(!std::is_copy_constructible_v<saga>);
}
}
