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
    EXPECT_EQ(failure_of([&] { a.result(); }).substr(0, 18), "retries_exhausted:");
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

static_assert(!std::is_copy_constructible_v<saga>);
}
}
