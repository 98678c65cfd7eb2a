#include <everstep/attempt.hpp>

#include "small_shop.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

struct seen
{
    std::mutex mutex;
    std::vector<std::string> tokens;
    std::vector<std::uint32_t> numbers;
    void see(const attempt& a)
    {
        const std::scoped_lock lock(mutex);
        tokens.push_back(a.token());
        numbers.push_back(a.number());
    }
};

workflow<int> tries(context& ctx, int)
{
    auto& all = ctx.use<seen>();
    co_await ctx.step("third time", at_once, [&](attempt& a) {
        all.see(a);
        if (a.number() < 3)
            throw std::runtime_error("not yet");
    });
    co_await ctx.step("other", [&](attempt& a) { all.see(a); });
    co_return 1;
}

class Attempt : public testing::Test
{
protected:
    Attempt()
    {
        small_shop shop;
        shop->provide(all_);
        EXPECT_EQ(shop.start(tries, 1).result(), 1);
    }
    seen all_;
};

TEST_F(Attempt, NumbersCountFromOne) { EXPECT_EQ(all_.numbers, (std::vector<std::uint32_t>{1, 2, 3, 1})); }

TEST_F(Attempt, TokenIsTheSameForEveryAttempt)
{
    EXPECT_EQ(all_.tokens[0], all_.tokens[1]);
    EXPECT_EQ(all_.tokens[0], all_.tokens[2]);
}

TEST_F(Attempt, TokenIsOfItsStepAlone) { EXPECT_NE(all_.tokens[0], all_.tokens[3]); }

TEST_F(Attempt, TokenHas32HexadecimalDigits)
{
    EXPECT_EQ(all_.tokens[0].size(), 32u);
    EXPECT_EQ(all_.tokens[0].find_first_not_of("0123456789abcdef"), std::string::npos);
}

workflow<int> uses(context& ctx, int)
{
    co_return co_await ctx.step("use", [](attempt& a) { return a.use<int>(); });
}
TEST(AttemptUse, GivesWhatWasProvided)
{
    int given = 17;
    small_shop shop;
    shop->provide(given);
    EXPECT_EQ(shop.start(uses, 1).result(), 17);
}

workflow<int> until_stopped(context& ctx, int)
{
    auto& door = ctx.use<turnstile>();
    co_return co_await ctx.step("wait", [&](attempt& a) {
        gate stopped;
        std::stop_callback opens(a.stop(), [&] { stopped.open(); });
        door.began.open();
        stopped.wait();
        return 7;
    });
}
TEST(AttemptStop, IsRequestedByACancel)
{
    turnstile door;
    small_shop shop;
    shop->provide(door);
    auto a = shop.start(until_stopped, 1);
    door.began.wait();
    a.cancel("enough");
    EXPECT_EQ(failure_of([&] { a.result(); }), "cancelled: enough");
}
TEST(AttemptStop, IsRequestedByClose)
{
    turnstile door;
    small_shop shop;
    shop->provide(door);
    shop.start(until_stopped, 1);
    door.began.wait();
    EXPECT_TRUE(shop->close(1h).empty());
}

workflow<std::string> goes_on(context& ctx, int)
{
    co_return co_await ctx.step("import", at_once, [](attempt& a) {
        const std::optional<int> row = a.last_progress<int>();
        if (a.number() == 3)
            return "row " + std::to_string(row.value_or(-1));
        if (row)
            throw std::runtime_error("says nothing");
        a.heartbeat();
        a.heartbeat(416);
        const pulse beats = a.pulse();
        std::thread([beats] { beats.beat(417); }).join();
        throw std::runtime_error("no line");
    });
}
TEST(AttemptProgress, IsGivenToTheAttemptsThatFollow)
{
    EXPECT_EQ(small_shop().start(goes_on, 1).result(), "row 417");
}

workflow<int> misreads(context& ctx, int)
{
    co_return co_await ctx.step("import", at_once, [](attempt& a) -> int {
        if (a.number() == 1)
        {
            a.heartbeat(std::string("a row"));
            throw std::runtime_error("no line");
        }
        return *a.last_progress<int>();
    });
}
TEST(AttemptProgress, OfAnotherTypeIsAnErrorThatIsNotTriedAgain)
{
    EXPECT_EQ(failure_of([&] { small_shop().start(misreads, 1).result(); }).substr(0, 10), "bad_value:");
}

workflow<int> says_too_much(context& ctx, int)
{
    co_return co_await ctx.step("import", at_once, [](attempt& a) {
        a.heartbeat(std::string(1u << 20, 'x'));
        return 1;
    });
}
TEST(AttemptProgress, OverTheLimitFailsTheStepForGood)
{
    EXPECT_EQ(failure_of([&] { small_shop().start(says_too_much, 1).result(); }).substr(0, 43), "limit: the progress has 1048578 bytes, the ");
}

static_assert(!std::is_copy_constructible_v<attempt>);
}
}
