#include "feature/webhook_client.hpp"

#include "webhook_post.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace everstep::core
{
namespace
{
using WebhookClientAnswer = WebhookPost;

TEST_F(WebhookClientAnswer, AskedToComeLaterItSaysWhen)
{
    const webhook_answer seconds = answer_to("HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(seconds.outcome, webhook_outcome::throttle);
    EXPECT_EQ(seconds.retry_after, 120s);
    resolve_to({address("127.0.0.1")});
    const webhook_answer date = answer_to("HTTP/1.1 429 Slow\r\nretry-after: Tue, 14 Nov 2023 22:13:50 GMT\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(date.outcome, webhook_outcome::throttle);
    EXPECT_EQ(date.retry_after, 30s);
}

TEST_F(WebhookClientAnswer, GoneIsGone)
{
    const webhook_answer answer = answer_to("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(answer.outcome, webhook_outcome::gone);
    EXPECT_EQ(answer.status, 410u);
}

TEST_F(WebhookClientAnswer, NothingOfTheAnswerIsInTheTextForPeople)
{
    const webhook_answer answer = answer_to("HTTP/1.1 500 geheim\r\nx-geheim: geheim\r\nContent-Length: 6\r\n\r\ngeheim");
    EXPECT_EQ(answer.text, "answered 500");
}

TEST_F(WebhookClientAnswer, AnEndlessBodyIsCutOff)
{
    serve([](https_connection& c) -> asio::awaitable<void> {
        co_await c.read();
        co_await c.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        const std::string chunk = "400\r\n" + std::string(1024, 'x') + "\r\n";
        while (true)
            co_await c.write(chunk);
    });
    const webhook_answer answer = post(endpoint());
    EXPECT_EQ(answer.outcome, webhook_outcome::try_again);
    EXPECT_EQ(answer.status, 200u);
    EXPECT_EQ(answer.text, "the answer has more than 65536 bytes");
    EXPECT_LT(server_->log().bytes_written, 64u << 20); // what fits into sockets on its way
}

TEST_F(WebhookClientAnswer, ABodyHasAsManyBytesAsTheEndpointAllows)
{
    for (const std::size_t size : {100u, 101u})
    {
        resolve_to({address("127.0.0.1")});
        serve(answering("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + std::string(size, 'x')));
        webhook_endpoint small = endpoint();
        small.response_bytes_max = 100;
        EXPECT_EQ(post(small).outcome, size == 100 ? webhook_outcome::delivered : webhook_outcome::try_again);
    }
}

TEST_F(WebhookClientAnswer, ABodyThatTricklesEndsAtTheTimeout)
{
    serve([](https_connection& c) -> asio::awaitable<void> {
        co_await c.read();
        co_await c.write("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n");
        while (true)
        {
            co_await c.write("x");
            co_await c.pause(10ms);
        }
    });
    webhook_endpoint quick = endpoint();
    quick.timeout = 300ms;
    const webhook_answer answer = post(quick);
    EXPECT_EQ(answer.outcome, webhook_outcome::try_again);
    EXPECT_EQ(answer.text, "no whole answer within 300 ms");
}

TEST_F(WebhookClientAnswer, AHeaderThatTricklesEndsAtTheTimeout)
{
    serve([](https_connection& c) -> asio::awaitable<void> {
        co_await c.read();
        co_await c.write("HTTP/1.1 200 OK\r\n");
        while (true)
        {
            co_await c.write("x: y\r\n");
            co_await c.pause(10ms);
        }
    });
    webhook_endpoint quick = endpoint();
    quick.timeout = 200ms;
    EXPECT_EQ(post(quick).text, "no whole answer within 200 ms");
}

TEST_F(WebhookClientAnswer, AServerThatSaysNothingEndsAtTheTimeout)
{
    serve([](https_connection& c) -> asio::awaitable<void> { co_await c.pause(1h); });
    webhook_endpoint quick = endpoint();
    quick.timeout = 100ms;
    EXPECT_EQ(post(quick).text, "no whole answer within 100 ms");
    server_->be_silent();
    resolve_to({address("127.0.0.1")});
    EXPECT_EQ(post(quick).text, "no whole answer within 100 ms");
}

TEST_F(WebhookClientAnswer, AHeaderThatIsTooLongIsNoAnswer)
{
    const webhook_answer one = answer_to("HTTP/1.1 200 OK\r\nx: " + std::string(9'000, 'a') + "\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(one.outcome, webhook_outcome::try_again);
    EXPECT_EQ(one.text, "the answer's header has more than 8192 bytes");
    resolve_to({address("127.0.0.1")});
    const webhook_answer other = answer_to("HTTP/1.1 200 OK\r\nx: " + std::string(8'000, 'a') + "\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(other.outcome, webhook_outcome::delivered);
}

TEST_F(WebhookClientAnswer, AnEndlessHeaderIsCutOff)
{
    serve([](https_connection& c) -> asio::awaitable<void> {
        co_await c.read();
        co_await c.write("HTTP/1.1 200 OK\r\n");
        while (true)
            co_await c.write("x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n");
    });
    EXPECT_EQ(post(endpoint()).text, "the answer's header has more than 8192 bytes");
}

TEST_F(WebhookClientAnswer, AnEndlessTrailerIsCutOff)
{
    serve([](https_connection& c) -> asio::awaitable<void> {
        co_await c.read();
        co_await c.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n");
        while (true)
            co_await c.write("x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n");
    });
    EXPECT_EQ(post(endpoint()).outcome, webhook_outcome::try_again);
    EXPECT_LT(server_->log().bytes_written, 64u << 20);
}

TEST_F(WebhookClientAnswer, AnAnswerThatBreaksOffIsNone)
{
    for (const char* text : {"", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "SSH-2.0-OpenSSH_9.2\r\n",
                             "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 99999 OK\r\n\r\n"})
    {
        resolve_to({address("127.0.0.1")});
        serve([text = std::string(text)](https_connection& c) -> asio::awaitable<void> {
            co_await c.read();
            co_await c.write(text);
        });
        const webhook_answer answer = post(endpoint());
        EXPECT_EQ(answer.outcome, webhook_outcome::try_again) << text;
        EXPECT_EQ(answer.text.find("no whole answer: "), 0u) << answer.text;
    }
}

TEST_F(WebhookClientAnswer, ABodyWithoutLengthEndsWithTheConnection)
{
    serve([](https_connection& c) -> asio::awaitable<void> {
        co_await c.read();
        co_await c.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nthank you");
    });
    EXPECT_EQ(post(endpoint()).outcome, webhook_outcome::delivered);
}

TEST_F(WebhookClientAnswer, WhoRefusesMayAnswerBeforeItHasReadAll)
{
    serve([](https_connection& c) -> asio::awaitable<void> {
        co_await c.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
        co_await c.pause(1h);
    });
    const webhook_answer answer = post(endpoint(), {.headers = {}, .body = std::string(32u << 20, 'x')});
    EXPECT_EQ(answer.status, 413u) << answer.text;
}

TEST_F(WebhookClientAnswer, InterimAnswersArePassedOver)
{
    const webhook_answer answer = answer_to("HTTP/1.1 100 Continue\r\n\r\n"
                                            "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"
                                            "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(answer.outcome, webhook_outcome::delivered) << answer.text;
    EXPECT_EQ(answer.status, 202u);
}

TEST_F(WebhookClientAnswer, InterimAnswersWithoutEndAreNoAnswer)
{
    serve([](https_connection& c) -> asio::awaitable<void> {
        co_await c.read();
        while (true)
            co_await c.write("HTTP/1.1 102 Processing\r\n\r\n");
    });
    const webhook_answer answer = post(endpoint());
    EXPECT_EQ(answer.outcome, webhook_outcome::try_again);
    EXPECT_EQ(answer.text, "more than 8 interim answers");
}

TEST_F(WebhookClientAnswer, ProtocolsAreNotSwitched)
{
    const webhook_answer answer = answer_to("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
    EXPECT_EQ(answer.outcome, webhook_outcome::try_again);
    EXPECT_EQ(answer.status, 101u);
}
}
}
