#pragma once

#include "feature/webhook_client.hpp"

#include "https_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace everstep::core
{
namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::https_connection;
using test::https_server;
using test::tls_identity;

inline constexpr std::chrono::sys_seconds now{1'700'000'000s}; // Tue, 14 Nov 2023 22:13:20 GMT

/// Answers what it was told to, in turn, and counts.
class fake_resolver final : public webhook_resolver
{
public:
    using addresses = std::vector<asio::ip::address>;

    explicit fake_resolver(std::vector<addresses> answers) : answers_(std::move(answers)) {}

    void resolve(const asio::any_io_executor&, const std::string& host, answer then) override
    {
        hosts.push_back(host);
        last = then;
        if (silent)
            return;
        const addresses& found = answers_[std::min(hosts.size(), answers_.size()) - 1];
        for (int n = 0; n < times; ++n)
            then(failure, failure ? addresses() : found);
    }

    std::vector<std::string> hosts; ///< that it was asked for
    bool silent{};
    int times{1};
    boost::system::error_code failure;
    answer last;

private:
    std::vector<addresses> answers_;
};

inline asio::ip::address address(const char* text) { return asio::ip::make_address(text); }

inline https_server::script answering(std::string text)
{
    return [text = std::move(text)](https_connection& c) -> asio::awaitable<void> {
        co_await c.read();
        co_await c.write(text);
        co_await c.wait_for_end();
    };
}

/// The certificate of "hooks.example.com" and of the address that the server has.
inline const tls_identity& good_identity()
{
    static const tls_identity made({.name = "server", .alternatives = "DNS:hooks.example.com,IP:127.0.0.1"}, &test::test_authority());
    return made;
}

/// Loaded once: it takes its time.
inline const std::shared_ptr<const webhook_trust>& trust()
{
    static const std::shared_ptr<const webhook_trust> loaded = system_webhook_trust();
    return loaded;
}

/// Posts to a server of its own.
class WebhookPost : public ::testing::Test
{
protected:
    void serve(https_server::script script, const tls_identity& identity = good_identity())
    {
        server_ = std::make_unique<https_server>(io_, identity, std::move(script));
    }
    /// One that trusts the test's authority and may connect to 127.0.0.1.
    webhook_endpoint endpoint(const std::string& host = "hooks.example.com", const std::string& path = "/orders?x=1") const
    {
        const std::uint16_t port = server_ ? server_->port() : std::uint16_t{443};
        return {.url = "https://" + host + ":" + std::to_string(port) + path,
                .secret = webhook_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                .timeout = 10s,
                .ports = {port},
                .trusted_certificates = test::test_authority().certificate_pem(),
                .allow_private_addresses = true};
    }
    void start(webhook_client& client, const webhook_request& request)
    {
        client.post(request, now, [this](const webhook_answer& answer) {
            ++completions_;
            answer_ = answer;
        });
    }
    webhook_answer finish()
    {
        const auto give_up = std::chrono::steady_clock::now() + 60s;
        while (completions_ == 0 && std::chrono::steady_clock::now() < give_up)
            io_.run_one_for(1s);
        EXPECT_EQ(completions_, 1);
        return answer_;
    }
    webhook_answer post(const webhook_endpoint& to, const webhook_request& request = {.headers = {{"webhook-id", "m-1"}}, .body = "{}"})
    {
        webhook_client client(io_.get_executor(), to, resolver_, trust());
        completions_ = 0;
        start(client, request);
        EXPECT_EQ(completions_, 0); // never inside of the call
        return finish();
    }
    /// What the post comes to when the server says this.
    webhook_answer answer_to(const std::string& text)
    {
        serve(answering(text));
        return post(endpoint());
    }
    /// From now on, always.
    void resolve_to(const fake_resolver::addresses& all)
    {
        resolver_ = std::make_shared<fake_resolver>(std::vector<fake_resolver::addresses>{all});
    }
    std::size_t connections() const { return server_->log().connections; }

    asio::io_context io_;
    std::unique_ptr<https_server> server_;
    std::shared_ptr<fake_resolver> resolver_{
        std::make_shared<fake_resolver>(std::vector<fake_resolver::addresses>{{address("127.0.0.1")}, {address("169.254.169.254")}})};
    int completions_{};
    webhook_answer answer_{};
};
}
