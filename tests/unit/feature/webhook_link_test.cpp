// A subscription that posts to a webhook: real sockets and TLS, engine time that the test moves.

#include "feature/webhook_link.hpp"

#include "../engine/opened_engine.hpp"
#include "feature/deliverer.hpp"
#include "https_server.hpp"

#include <everstep/detail/transaction_call.hpp>
#include <everstep/webhook.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace everstep::core
{
namespace
{
namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::https_connection;

constexpr const char* secret_text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A receiver on a thread of its own, which answers what it is told to, and 204 when that is over.
class receiver
{
public:
    receiver() : server_(io_, identity(), [this](https_connection& c) { return answer(c); }), thread_([this] { io_.run(); }) {}
    ~receiver()
    {
        io_.stop();
        thread_.join();
    }

    void answers(std::deque<std::string> texts)
    {
        const std::scoped_lock lock(mutex_);
        texts_ = std::move(texts);
    }
    std::size_t requests()
    {
        const std::scoped_lock lock(mutex_);
        return seen_.size();
    }
    test::https_request request(std::size_t n)
    {
        const std::scoped_lock lock(mutex_);
        return seen_.at(n);
    }
    webhook_endpoint endpoint() const
    {
        return {.url = "https://127.0.0.1:" + std::to_string(server_.port()) + "/orders",
                .secret = webhook_secret(secret_text),
                .ports = {server_.port()},
                .trusted_certificates = test::test_authority().certificate_pem(),
                .allow_private_addresses = true};
    }

private:
    static const test::tls_identity& identity()
    {
        static const test::tls_identity made({.name = "server", .alternatives = "IP:127.0.0.1"}, &test::test_authority());
        return made;
    }
    asio::awaitable<void> answer(https_connection& c)
    {
        co_await c.read();
        std::string text = "HTTP/1.1 204 \r\n\r\n";
        {
            const std::scoped_lock lock(mutex_);
            seen_.push_back(server_.log().requests.back());
            if (!texts_.empty())
            {
                text = texts_.front();
                texts_.pop_front();
            }
        }
        co_await c.write(text);
        co_await c.wait_for_end();
    }

    asio::io_context io_;
    std::mutex mutex_;
    std::deque<std::string> texts_;
    std::vector<test::https_request> seen_;
    test::https_server server_;
    std::thread thread_;
};

std::string status(int code, const std::string& header = {})
{
    return "HTTP/1.1 " + std::to_string(code) + " x\r\n" + header + "content-length: 0\r\n\r\n";
}

class WebhookLink : public ::testing::Test
{
protected:
    void open(const webhook_endpoint& to, subscription_options options = {.retry = {.jitter = 0, .delays = {1min, 1min}}})
    {
        engine_.core->add_topic("orders");
        engine_.core->attach(std::make_unique<deliverer>(*engine_.core));
        detail::subscribe(*engine_.core, {"orders", "hook", to, std::move(options)});
        engine_.core->open();
    }
    void publish(const std::string& id)
    {
        const auto body = [&](transaction& tx) { tx.publish("orders", 5, {.id = id}); };
        detail::transact_and_wait(engine_.core, body, admission::wait);
    }
    subscription hook() { return {engine_.core, "hook"}; }
    /// Until what other threads do has come about.
    template <class Is>
    void eventually(Is&& is)
    {
        while (!is())
            std::this_thread::yield();
    }
    template <class Is>
    void eventually_status(Is&& is)
    {
        eventually([&] { return is(hook().status()); });
    }

    receiver receiver_;
    opened_engine engine_;
};

TEST_F(WebhookLink, AnEventIsPostedAndItsSignatureHolds)
{
    open(receiver_.endpoint());
    publish("e-1");
    eventually_status([](const subscription_status& s) { return s.next > 1 && s.backlog == 0; });
    const test::https_request got = receiver_.request(0);
    EXPECT_EQ(got.method + " " + got.target, "POST /orders");
    EXPECT_NE(got.body.find("\"e-1\""), std::string::npos) << got.body;
    webhook_verifier verifier({.secrets = {webhook_secret(secret_text)}});
    const std::string id = got.header("webhook-id"), at = got.header("webhook-timestamp"), signature = got.header("webhook-signature");
    const auto sent = std::chrono::system_clock::time_point(std::chrono::seconds(std::stoll(at)));
    EXPECT_EQ(verifier.verify({id, at, signature}, got.body, sent), webhook_verdict::accepted);
}

TEST_F(WebhookLink, AnAnswerThatIsNoYesIsTriedAgainWithTheSameId)
{
    receiver_.answers({status(503)});
    open(receiver_.endpoint());
    publish("e-1");
    eventually_status([](const subscription_status& s) { return s.waiting == 1; });
    engine_.time->advance_to(engine_.time->now() + 60'000'000);
    eventually_status([](const subscription_status& s) { return s.backlog == 0; });
    EXPECT_EQ(receiver_.request(0).header("webhook-id"), receiver_.request(1).header("webhook-id"));
}

TEST_F(WebhookLink, RetryAfterMakesTheDelayLonger)
{
    receiver_.answers({status(429, "retry-after: 600\r\n")});
    open(receiver_.endpoint());
    publish("e-1");
    eventually_status([](const subscription_status& s) { return s.waiting == 1; });
    engine_.time->advance_to(engine_.time->now() + 599'000'000);
    publish("e-2"); // delivered while the first waits
    eventually([&] { return receiver_.requests() == 2; });
    engine_.time->advance_to(engine_.time->now() + 1'000'000);
    eventually_status([](const subscription_status& s) { return s.backlog == 0; });
    EXPECT_EQ(receiver_.requests(), 3u);
}

TEST_F(WebhookLink, RetryAfterMakesNoDelayShorter)
{
    receiver_.answers({status(429, "retry-after: 0\r\n")});
    open(receiver_.endpoint());
    publish("e-1");
    eventually_status([](const subscription_status& s) { return s.waiting == 1; });
    engine_.time->advance_to(engine_.time->now() + 59'000'000);
    publish("e-2");
    eventually([&] { return receiver_.requests() == 2; });
    EXPECT_EQ(hook().status().waiting, 1u);
}

TEST_F(WebhookLink, AnEndpointThatIsGonePausesAndLosesNothing)
{
    receiver_.answers({status(410)});
    open(receiver_.endpoint());
    publish("e-1");
    eventually_status([](const subscription_status& s) { return s.paused && s.waiting == 1; });
    EXPECT_FALSE(hook().status().because.empty());
    hook().resume();
    engine_.time->advance_to(engine_.time->now() + 60'000'000);
    eventually_status([](const subscription_status& s) { return !s.paused && s.backlog == 0; });
    EXPECT_EQ(receiver_.requests(), 2u);
}

TEST_F(WebhookLink, AnEndpointThatAlwaysFailsIsGivenARestAndThenTriedByOne)
{
    receiver_.answers({breaker::failures_max + 1, status(500)});
    open(receiver_.endpoint(), {.retry = {.jitter = 0, .delays = {24h}}, .concurrency = 1});
    for (int n = 0; n < 8; ++n)
        publish("e-" + std::to_string(n));
    eventually_status([](const subscription_status& s) { return s.waiting == breaker::failures_max; });
    EXPECT_EQ(receiver_.requests(), breaker::failures_max);
    engine_.time->advance_to(engine_.time->now() + breaker::first_us); // one is tried, and fails
    eventually_status([](const subscription_status& s) { return s.waiting == breaker::failures_max + 1; });
    engine_.time->advance_to(engine_.time->now() + 2 * breaker::first_us);
    eventually_status([](const subscription_status& s) { return s.backlog == s.waiting; }); // it said yes, and the rest followed
    EXPECT_EQ(receiver_.requests(), 8u);
}

TEST_F(WebhookLink, AHostileUrlIsRefusedWhenTheSubscriptionIsMade)
{
    webhook_endpoint to = receiver_.endpoint();
    to.allow_private_addresses = false;
    EXPECT_THROW(open(to), engine_error);
}

TEST_F(WebhookLink, WhatIsUnderWayWhenTheEngineClosesIsNoFailure)
{
    receiver_.answers({""}); // never answers
    open(receiver_.endpoint());
    publish("e-1");
    eventually([&] { return receiver_.requests() == 1; });
    engine_.close();
    EXPECT_EQ(engine_.core->count.deliveries_failed, 0u);
}
}
}
