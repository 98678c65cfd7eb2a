// Notifications as users send them, over an engine in memory.

#include <everstep/engine.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace everstep
{
namespace
{
using namespace std::chrono_literals;

/// Until what other threads do has come about.
template <class Is>
void eventually(Is&& is)
{
    while (!is())
        std::this_thread::yield();
}

class Notifications : public ::testing::Test
{
protected:
    template <class Handler>
    void tell_by(Handler&& handler, notification_options options = {})
    {
        shop_.add_notifications("refunds", std::forward<Handler>(handler), options);
        shop_.open();
    }
    notification wait_for(const std::string& id, notification_state state)
    {
        std::optional<notification> found;
        eventually([&] {
            found = shop_.notifications("refunds").find(id);
            return found && found->state == state;
        });
        return *found;
    }

    engine shop_{{.journal = ":memory:", .log = [](const log_line&) {}}};
};

TEST_F(Notifications, APartnerThatSaysYesIsToldOnce)
{
    std::atomic<int> calls{0};
    tell_by([&](const event& e) { return ++calls, e.key == "acme"; });
    EXPECT_TRUE(shop_.notify("refunds", "acme", "r-1", 17));
    EXPECT_FALSE(shop_.notify("refunds", "acme", "r-1", 17));
    const notification told = wait_for("r-1", notification_state::told);
    EXPECT_EQ(told.partner + " " + std::to_string(told.attempts) + " " + told.data, "acme 1 17");
    EXPECT_EQ(calls, 1);
}

TEST_F(Notifications, APartnerThatNeverSaysYesIsGivenUpAndItsOutcomeKept)
{
    tell_by([](const event&) { return false; }, {.retry = {.delays = {0ms, 0ms}}});
    shop_.notify("refunds", "acme", "r-1", 17);
    const notification left = wait_for("r-1", notification_state::given_up);
    EXPECT_EQ(left.attempts, 3u);
    EXPECT_EQ(left.code, "no");
}

TEST_F(Notifications, WhatWasGivenUpIsToldWhenItIsSentAgain)
{
    std::atomic<bool> answers{false};
    tell_by([&](const event&, delivery&) { return answers.load(); }, {.retry = {.delays = {0ms}}});
    shop_.notify("refunds", "acme", "r-1", 17);
    wait_for("r-1", notification_state::given_up);
    answers = true;
    EXPECT_TRUE(shop_.notifications("refunds").resend("r-1"));
    wait_for("r-1", notification_state::told);
}

/// The one that fails waits for an hour.
TEST_F(Notifications, OneThatFailsDelaysNoOtherOfItsPartner)
{
    tell_by([](const event& e) { return e.id != "r-1"; }, {.retry = {.delays = {1h}}});
    shop_.notify("refunds", "acme", "r-1", 17);
    shop_.notify("refunds", "acme", "r-2", 17);
    wait_for("r-2", notification_state::told);
    EXPECT_EQ(wait_for("r-1", notification_state::pending).attempts, 1u);
}

TEST_F(Notifications, OneOfANameThatWasNotAddedIsRefused)
{
    shop_.open();
    EXPECT_THROW(shop_.notify("refunds", "acme", "r-1", 17), engine_error);
}

TEST_F(Notifications, AnIdThatWasNeverSentIsNotFound)
{
    tell_by([](const event&) { return true; });
    EXPECT_FALSE(shop_.notifications("refunds").find("r-9"));
    EXPECT_FALSE(shop_.notifications("refunds").resend("r-9"));
}
}
}
