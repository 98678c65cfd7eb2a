// Notifications over engine time that the test moves; how users send them is in unit/public.

#include <everstep/notification.hpp>

#include "../engine/opened_engine.hpp"
#include "feature/deliverer.hpp"

#include <everstep/detail/transaction_call.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

constexpr base::time_us minute = 60'000'000;

class Notification : public ::testing::Test
{
protected:
    void open(detail::event_handler handler, const notification_options& options = {})
    {
        engine_.core->attach(std::make_unique<deliverer>(*engine_.core));
        detail::add_notifications(*engine_.core, "refunds", std::move(handler), options);
        engine_.core->open();
    }
    bool notify(const std::string& partner, const std::string& id)
    {
        const auto body = [&](transaction& tx) { return tx.notify("refunds", partner, id, 17); };
        return detail::transact_and_wait(engine_.core, body, admission::wait);
    }
    void pass(base::time_us time) { engine_.time->advance_to(engine_.time->now() + time); }
    notifications refunds() { return {engine_.core, "refunds"}; }
    void wait_for(const std::string& id, notification_state state)
    {
        eventually([&] {
            const std::optional<notification> found = refunds().find(id);
            return found && found->state == state;
        });
    }
    /// Until what other threads do has come about.
    template <class Is>
    static void eventually(Is&& is)
    {
        while (!is())
            std::this_thread::yield();
    }

    opened_engine engine_;
};

void says_yes(const event&, delivery&) {}
[[noreturn]] void says_no(const event&, delivery&) { throw error("no", "not today"); }

TEST_F(Notification, AnOutcomeIsForgottenWhenItWasKeptForItsTime)
{
    open(says_yes, {.keep = 10min});
    notify("acme", "r-1");
    wait_for("r-1", notification_state::told);
    pass(10 * minute - 1);
    notify("acme", "r-2");
    EXPECT_TRUE(refunds().find("r-1"));
    pass(1);
    notify("acme", "r-3");
    EXPECT_FALSE(refunds().find("r-1"));
}

TEST_F(Notification, OneThatIsStillTriedIsNotForgotten)
{
    open(says_no, {.retry = {.delays = {24h}}, .keep = 0ms});
    notify("acme", "r-1");
    eventually([&] { return refunds().find("r-1")->attempts == 1; });
    pass(10 * minute);
    notify("acme", "r-2");
    EXPECT_TRUE(refunds().find("r-1"));
}

TEST_F(Notification, OneThatIsStillTriedCannotBeSentAgain)
{
    open(says_no, {.retry = {.delays = {24h}}});
    notify("acme", "r-1");
    EXPECT_FALSE(refunds().resend("r-1"));
}

TEST_F(Notification, OneThatFailedSaysWhenItIsTriedNext)
{
    open(says_no, {.retry = {.jitter = 0, .delays = {5min}}});
    notify("acme", "r-1");
    eventually([&] { return refunds().find("r-1")->attempts == 1; });
    const notification found = *refunds().find("r-1");
    EXPECT_EQ((found.next - found.changed), 5min);
    EXPECT_EQ(found.code + ": " + found.text, "no: not today");
}

/// Sent again it has all of its attempts, and no dead letter of the first time is left.
TEST_F(Notification, OneThatIsSentAgainBeginsAnew)
{
    open(says_no, {.retry = {.delays = {0ms}}});
    notify("acme", "r-1");
    wait_for("r-1", notification_state::given_up);
    EXPECT_TRUE(refunds().resend("r-1"));
    wait_for("r-1", notification_state::given_up);
    EXPECT_EQ(refunds().find("r-1")->attempts, 2u);
    EXPECT_EQ(engine_.core->count.dead_letters, 2u);
    EXPECT_EQ(subscription(engine_.core, "everstep.notify.refunds").status().dead, 1u);
}

TEST_F(Notification, OneCallAtATimeIsUnderWayForAPartner)
{
    std::atomic<int> running{0}, most{0}, others{0};
    std::atomic<bool> blocked{true};
    open([&](const event& e, delivery&) {
        if (e.key != "acme")
        {
            ++others;
            return;
        }
        most = std::max<int>(most, ++running);
        blocked.wait(true);
        --running;
    });
    notify("acme", "r-1");
    notify("acme", "r-2");
    notify("umbrella", "r-3");
    wait_for("r-3", notification_state::told);
    blocked = false;
    blocked.notify_all();
    wait_for("r-2", notification_state::told);
    EXPECT_EQ(most, 1);
    EXPECT_EQ(others, 1);
}

TEST_F(Notification, APartnerAndAnIdAreNeeded)
{
    open(says_yes);
    EXPECT_THROW(notify("", "r-1"), engine_error);
    EXPECT_THROW(notify("acme", ""), engine_error);
    EXPECT_THROW(notify("acme", std::string(256, 'i')), engine_error);
}

TEST_F(Notification, ANameThatIsTooLongOrAKeepBelowZeroIsRefused)
{
    engine_.core->attach(std::make_unique<deliverer>(*engine_.core));
    EXPECT_THROW(detail::add_notifications(*engine_.core, std::string(101, 'n'), says_yes, {}), engine_error);
    EXPECT_THROW(detail::add_notifications(*engine_.core, "refunds", says_yes, {.keep = -1ms}), engine_error);
}
}
}
