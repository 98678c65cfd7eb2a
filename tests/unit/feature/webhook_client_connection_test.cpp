#include "feature/webhook_client.hpp"

#include "webhook_post.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace everstep::core
{
namespace
{
using WebhookClientConnection = WebhookPost;

TEST_F(WebhookClientConnection, WhereNobodyListensItIsTriedAgain)
{
    serve(answering(""));
    const webhook_endpoint to = endpoint();
    server_.reset();
    const webhook_answer answer = post(to);
    EXPECT_EQ(answer.outcome, webhook_outcome::try_again);
    EXPECT_EQ(answer.text, "no connection to 127.0.0.1: Connection refused");
}

TEST_F(WebhookClientConnection, TheNextAddressIsTriedWhereOneRefuses)
{
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"));
    resolve_to({address("127.0.0.2"), address("127.0.0.1")});
    EXPECT_EQ(post(endpoint()).outcome, webhook_outcome::delivered);
}

/// A port of 127.0.0.2 whose queue is full, so it lets further connections wait.
class unanswered_port
{
public:
    unanswered_port(asio::io_context& io, std::uint16_t port) : acceptor_(io), first_(io)
    {
        const asio::ip::tcp::endpoint there(address("127.0.0.2"), port);
        acceptor_.open(there.protocol());
        acceptor_.bind(there);
        acceptor_.listen(0);
        first_.connect(there);
    }

private:
    asio::ip::tcp::acceptor acceptor_;
    asio::ip::tcp::socket first_;
};

TEST_F(WebhookClientConnection, AnAddressThatAnswersNothingDoesNotTakeAllOfTheTime)
{
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"));
    const unanswered_port full(io_, server_->port());
    resolve_to({address("127.0.0.2"), address("127.0.0.1")});
    webhook_endpoint to = endpoint();
    to.timeout = 1500ms;
    const webhook_answer answer = post(to);
    EXPECT_EQ(answer.outcome, webhook_outcome::delivered) << answer.text;
    EXPECT_EQ(connections(), 1u);
}

TEST_F(WebhookClientConnection, ANameThatCannotBeResolvedIsTriedAgain)
{
    resolver_->failure = asio::error::host_not_found;
    const webhook_answer answer = post(endpoint());
    EXPECT_EQ(answer.outcome, webhook_outcome::try_again);
    EXPECT_EQ(answer.text.find("hooks.example.com cannot be resolved: "), 0u) << answer.text;
    resolve_to({});
    EXPECT_EQ(post(endpoint()).text, "hooks.example.com cannot be resolved: it has no address");
}

TEST_F(WebhookClientConnection, AResolverThatNeverAnswersEndsAtTheTimeout)
{
    resolver_->silent = true;
    webhook_endpoint quick = endpoint();
    quick.timeout = 50ms;
    EXPECT_EQ(post(quick).text, "no whole answer within 50 ms");
    resolver_->last({}, {address("127.0.0.1")}); // too late
    io_.run_for(10ms);
    EXPECT_EQ(completions_, 1);
}

TEST_F(WebhookClientConnection, AResolverMayAnswerTwiceAndOnAnotherThread)
{
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"));
    resolver_->times = 3;
    EXPECT_EQ(post(endpoint()).outcome, webhook_outcome::delivered);
    EXPECT_EQ(connections(), 1u);
    resolve_to({address("127.0.0.1")});
    resolver_->silent = true;
    webhook_client client(io_.get_executor(), endpoint(), resolver_, trust());
    completions_ = 0;
    start(client, {});
    while (resolver_->hosts.empty())
        io_.run_one();
    std::thread other([&] { resolver_->last({}, {address("127.0.0.1")}); });
    EXPECT_EQ(finish().outcome, webhook_outcome::delivered);
    other.join();
}

TEST_F(WebhookClientConnection, TheSystemsResolverKnowsThisHost)
{
    const tls_identity local({.name = "x", .alternatives = "DNS:localhost"}, &test::test_authority());
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"), local);
    webhook_client client(io_.get_executor(), endpoint("localhost"));
    start(client, {});
    const webhook_answer answer = finish();
    EXPECT_EQ(answer.outcome, webhook_outcome::delivered) << answer.text;
}

TEST_F(WebhookClientConnection, ProxiesOfTheEnvironmentAreNotUsed)
{
    https_server proxy(io_, good_identity(), answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    const std::string url = "https://127.0.0.1:" + std::to_string(proxy.port());
    for (const char* name : {"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"})
        ::setenv(name, url.c_str(), 1);
    EXPECT_EQ(answer_to("HTTP/1.1 204 No Content\r\n\r\n").status, 204u);
    for (const char* name : {"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"})
        ::unsetenv(name);
    EXPECT_EQ(proxy.log().connections, 0u);
}

TEST_F(WebhookClientConnection, NothingIsKeptForTheNextPost)
{
    serve(answering("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"));
    resolve_to({address("127.0.0.1")});
    post(endpoint());
    webhook_client client(io_.get_executor(), endpoint(), resolver_, trust());
    for (int n = 0; n < 2; ++n)
    {
        completions_ = 0;
        start(client, {});
        finish();
    }
    EXPECT_EQ(connections(), 3u);
    for (const test::https_request& one : server_->log().requests)
        EXPECT_EQ(one.header("cookie"), "");
}

/// Sockets of this process that are connected to this port.
std::vector<int> descriptors_to(std::uint16_t port)
{
    std::vector<int> all;
    for (int descriptor = 0; descriptor < 1024; ++descriptor)
    {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        const bool connected = ::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
        if (connected && peer.sin_family == AF_INET && ntohs(peer.sin_port) == port)
            all.push_back(descriptor);
    }
    return all;
}

TEST_F(WebhookClientConnection, AProcessThatIsStartedMeanwhileDoesNotInheritTheSocket)
{
    std::vector<int> flags;
    serve([&](https_connection& c) -> asio::awaitable<void> {
        co_await c.read();
        for (const int descriptor : descriptors_to(server_->port()))
            flags.push_back(::fcntl(descriptor, F_GETFD));
        co_await c.write("HTTP/1.1 204 No Content\r\n\r\n");
    });
    post(endpoint());
    EXPECT_EQ(flags, std::vector<int>{FD_CLOEXEC});
    EXPECT_TRUE(descriptors_to(server_->port()).empty()); // and it is closed
}

TEST_F(WebhookClientConnection, WhatIsCancelledCompletesOnceWhereverItStands)
{
    for (const int steps : {0, 1, 2, 3, 5, 8, 12, 20, 40})
    {
        serve([](https_connection& c) -> asio::awaitable<void> {
            co_await c.read();
            co_await c.pause(1h);
        });
        resolve_to({address("127.0.0.1")});
        webhook_client client(io_.get_executor(), endpoint(), resolver_, trust());
        completions_ = 0;
        start(client, {.headers = {}, .body = std::string(100'000, 'x')});
        for (int n = 0; n < steps; ++n)
            io_.run_one_for(5ms);
        client.cancel();
        const webhook_answer answer = finish();
        EXPECT_EQ(answer.outcome, webhook_outcome::try_again);
        EXPECT_EQ(answer.text, "cancelled");
        client.cancel();
        io_.run_for(5ms);
        EXPECT_EQ(completions_, 1);
    }
}

TEST_F(WebhookClientConnection, WhatIsCancelledConnectsToNoFurtherAddress)
{
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"));
    const unanswered_port full(io_, server_->port());
    resolve_to({address("127.0.0.2"), address("127.0.0.1")});
    webhook_client client(io_.get_executor(), endpoint(), resolver_, trust());
    start(client, {});
    while (resolver_->hosts.empty())
        io_.run_one();
    io_.run_for(5ms);
    client.cancel();
    finish();
    io_.run_for(20ms);
    EXPECT_EQ(connections(), 0u);
}

TEST_F(WebhookClientConnection, AClientThatGoesCancelsItsPosts)
{
    serve([](https_connection& c) -> asio::awaitable<void> {
        co_await c.read();
        co_await c.pause(1h);
    });
    int cancelled = 0;
    {
        webhook_client client(io_.get_executor(), endpoint(), resolver_, trust());
        for (int n = 0; n < 3; ++n)
            client.post({}, now, [&](const webhook_answer& answer) { cancelled += answer.text == "cancelled" ? 1 : 0; });
    }
    io_.run_for(20ms);
    EXPECT_EQ(cancelled, 3);
}

TEST_F(WebhookClientConnection, AContextThatGoesFirstTakesThePostsWithIt)
{
    auto context = std::make_unique<asio::io_context>();
    auto held = std::make_shared<int>(0);
    const std::weak_ptr<int> watched = held;
    serve(answering(""));
    {
        webhook_client client(context->get_executor(), endpoint(), resolver_, trust());
        client.post({}, now, [held = std::move(held)](const webhook_answer&) { ++*held; });
        for (int n = 0; n < 3; ++n)
            context->run_one_for(5ms);
    }
    context.reset();
    EXPECT_TRUE(watched.expired());
}

TEST_F(WebhookClientConnection, WhatACompletionThrowsEndsInTheClient)
{
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"));
    webhook_client client(io_.get_executor(), endpoint(), resolver_, trust());
    client.post({}, now, [this](const webhook_answer&) {
        ++completions_;
        throw std::runtime_error("of the caller");
    });
    EXPECT_NO_THROW(finish());
}

TEST_F(WebhookClientConnection, ManyPostsAtOnceOnManyThreadsAreDoneOnceEach)
{
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"));
    resolve_to({address("127.0.0.1")});
    asio::io_context many(2);
    auto stay = asio::make_work_guard(many);
    std::vector<std::thread> threads;
    for (int n = 0; n < 2; ++n)
        threads.emplace_back([&] { many.run(); });
    webhook_client client(many.get_executor(), endpoint("127.0.0.1"), resolver_, trust());
    std::atomic<int> delivered{};
    std::atomic<int> done{};
    for (int n = 0; n < 20; ++n)
        client.post({}, now, [&](const webhook_answer& answer) {
            delivered += answer.outcome == webhook_outcome::delivered ? 1 : 0;
            ++done;
        });
    const auto give_up = std::chrono::steady_clock::now() + 60s;
    while (done < 20 && std::chrono::steady_clock::now() < give_up)
        io_.run_one_for(10ms);
    stay.reset();
    for (std::thread& one : threads)
        one.join();
    EXPECT_EQ(delivered, 20);
    EXPECT_EQ(done, 20);
}
}
}
