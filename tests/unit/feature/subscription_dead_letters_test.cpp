// The handle: dead letters, and what people do with them.

#include "subscribed_engine.hpp"

#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

class SubscriptionDeadLetters : public ::testing::Test
{
protected:
    ~SubscriptionDeadLetters() override { close(); }

    void close()
    {
        if (engine_)
            engine_->close();
    }
    /// While the handler is broken every event is a dead letter at once; then it notes their data.
    void open(engine_options options = {})
    {
        engine_ = std::make_unique<subscribed_engine>(std::make_shared<store::memory_store>(), std::move(options));
        calls_ = std::make_unique<call_list>(engine_->bell);
        engine_->subscribe("mail", [this](const event& e, delivery& d) {
            if (is_broken_)
                throw permanent_error("broken", "it is");
            {
                const std::scoped_lock lock(mutex_);
                seen_ += e.key + "=" + e.data + " " + std::to_string(d.attempt()) + (d.redelivered() ? " again; " : "; ");
            }
            calls_->add(e, d);
        }).open();
    }
    /// Of keys "0", "1", ….
    void kill(int count)
    {
        for (int n = 0; n < count; ++n)
            engine_->publish({.key = std::to_string(n), .id = "e-" + std::to_string(n)}, n);
        engine_->until([&] { return mail().status().dead == static_cast<std::uint64_t>(count); });
        is_broken_ = false;
    }
    everstep::subscription mail() const { return engine_->of("mail"); }
    std::string listed(std::uint64_t from = 0, std::size_t most = 999) const
    {
        std::string all;
        mail().dead_letters([&](const dead_letter& one) { return all += one.what.id + " ", --most != 0; }, from);
        return all;
    }
    /// What the call throws; empty: nothing.
    template <class Call>
    static std::string refusal(Call&& call)
    {
        try
        {
            call();
        }
        catch (const engine_error& e)
        {
            return e.what();
        }
        return {};
    }
    std::string seen() const
    {
        const std::scoped_lock lock(mutex_);
        return seen_;
    }

    std::atomic<bool> is_broken_{true};
    mutable std::mutex mutex_;
    std::string seen_;
    std::unique_ptr<subscribed_engine> engine_;
    std::unique_ptr<call_list> calls_;
};

TEST_F(SubscriptionDeadLetters, TheyAreListedByTheirNumbers)
{
    open();
    kill(4);
    EXPECT_EQ(listed(), "e-0 e-1 e-2 e-3 ");
    EXPECT_EQ(listed(3), "e-2 e-3 ");
    EXPECT_EQ(listed(0, 2), "e-0 e-1 ");
    EXPECT_EQ(listed(99), "");
}

TEST_F(SubscriptionDeadLetters, TheySayWhyAndWhen)
{
    open();
    kill(1);
    mail().dead_letters([](const dead_letter& one) {
        EXPECT_EQ(one.what.data, "0");
        EXPECT_EQ(one.subscription, "mail");
        EXPECT_EQ(one.attempts, 1u);
        EXPECT_EQ(one.code, "broken");
        EXPECT_EQ(one.text, "it is");
        EXPECT_EQ(one.died.time_since_epoch().count(), subscribed_engine::begin_of_time);
        EXPECT_EQ(one.first_tried, one.died);
        return true;
    });
}

TEST_F(SubscriptionDeadLetters, OneIsDeliveredAnewAsIfItHadNeverFailed)
{
    open();
    kill(3);
    EXPECT_TRUE(mail().redrive(2));
    engine_->until([&] { return calls_->count() == 1; });
    EXPECT_EQ(seen(), "1=1 1 again; ");
    EXPECT_EQ(listed(), "e-0 e-2 ");
}

TEST_F(SubscriptionDeadLetters, OneThatIsNotThereIsNotRedriven)
{
    open();
    kill(1);
    EXPECT_FALSE(mail().redrive(2));
    EXPECT_TRUE(mail().redrive(1));
    EXPECT_FALSE(mail().redrive(1));
    engine_->until_through();
}

TEST_F(SubscriptionDeadLetters, AllThatTheFilterMatchesAreRedriven)
{
    open();
    kill(5);
    EXPECT_EQ(mail().redrive(filters::at_least("data", 3)), 2u);
    engine_->until([&] { return calls_->count() == 2; });
    EXPECT_EQ(listed(), "e-0 e-1 e-2 ");
    EXPECT_EQ(mail().redrive(), 3u);
    engine_->until([&] { return calls_->count() == 5; });
    EXPECT_EQ(listed(), "");
    EXPECT_EQ(mail().redrive(), 0u);
}

TEST_F(SubscriptionDeadLetters, ManyAreRedrivenPageByPage)
{
    open();
    engine_->publish_many(600);
    engine_->until([&] { return mail().status().dead == 600; });
    is_broken_ = false;
    EXPECT_EQ(mail().redrive(), 600u);
    engine_->until([&] { return calls_->count() == 600; });
    engine_->until_through();
    EXPECT_EQ(mail().status().dead, 0u);
}

TEST_F(SubscriptionDeadLetters, OneThatIsRedrivenAndFailsIsDeadAgain)
{
    open();
    kill(1);
    is_broken_ = true;
    mail().redrive(1);
    engine_->until([&] { return engine_->core->count.dead_letters.load() == 2 && mail().status().dead == 1; });
    EXPECT_EQ(listed(), "e-0 ");
}

TEST_F(SubscriptionDeadLetters, OneOfAPausedSubscriptionGoesWhenItIsResumed)
{
    open();
    kill(1);
    mail().pause();
    EXPECT_TRUE(mail().redrive(1));
    EXPECT_EQ(mail().status().waiting, 1u);
    mail().resume();
    engine_->until([&] { return calls_->count() == 1; });
}

TEST_F(SubscriptionDeadLetters, OnesThatAreDiscardedAreGone)
{
    open();
    kill(5);
    EXPECT_TRUE(mail().discard(2));
    EXPECT_FALSE(mail().discard(2));
    EXPECT_EQ(listed(), "e-0 e-2 e-3 e-4 ");
    EXPECT_EQ(mail().discard(filters::at_least("data", 3)), 2u);
    EXPECT_EQ(listed(), "e-0 e-2 ");
    EXPECT_EQ(mail().discard(event_filter()), 2u);
    EXPECT_EQ(listed(), "");
    EXPECT_EQ(calls_->count(), 0u);
}

TEST_F(SubscriptionDeadLetters, OneThatWasEditedIsDeliveredWithItsNewData)
{
    open();
    kill(2);
    EXPECT_TRUE(mail().edit(1, std::string("better")));
    EXPECT_FALSE(mail().edit(7, 1));
    EXPECT_TRUE(mail().redrive(1));
    engine_->until([&] { return calls_->count() == 1; });
    EXPECT_EQ(seen(), "0=\"better\" 1 again; ");
    engine_->look([](const table_reader& in) {
        in.events("orders", 1, [](const event& one) {
            EXPECT_EQ(one.data, "0") << "the topic stays as it was published";
            return false;
        });
    });
}

TEST_F(SubscriptionDeadLetters, OthersStayAsTheyAre)
{
    open();
    kill(2);
    EXPECT_TRUE(mail().edit(1, 42));
    std::string data;
    mail().dead_letters([&](const dead_letter& one) { return data += one.what.data + " ", true; });
    EXPECT_EQ(data, "42 1 ");
}

/// What a topic took, its dead letters can hold, too.
TEST_F(SubscriptionDeadLetters, OneAsLargeAsAnEventMayBeIsRedriven)
{
    engine_options options;
    options.payload_bytes_max = 1'000;
    open(std::move(options));
    engine_->publish({.id = "large"}, std::string(998, 'x'));
    engine_->until([&] { return mail().status().dead == 1; });
    is_broken_ = false;
    EXPECT_EQ(refusal([&] { mail().redrive(1); }), "");
    EXPECT_EQ(mail().status().dead, 0u);
}

TEST_F(SubscriptionDeadLetters, ManyLargeOnesAreRedriven)
{
    engine_options options;
    options.turn_bytes_max = 10'000;
    open(std::move(options));
    for (int n = 0; n < 20; ++n)
        engine_->publish({}, std::string(900, 'x'));
    engine_->until([&] { return mail().status().dead == 20; });
    is_broken_ = false;
    EXPECT_EQ(refusal([&] { mail().redrive(); }), "");
    EXPECT_EQ(mail().status().dead, 0u);
}

TEST_F(SubscriptionDeadLetters, OneAsLargeAsAnEventMayBeIsEdited)
{
    engine_options options;
    options.payload_bytes_max = 1'000;
    open(std::move(options));
    engine_->publish({.id = "small"}, 1);
    engine_->until([&] { return mail().status().dead == 1; });
    EXPECT_EQ(refusal([&] { mail().edit(1, std::string(998, 'y')); }), "");
}
}
}
