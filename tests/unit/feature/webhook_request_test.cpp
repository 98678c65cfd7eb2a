#include "feature/webhook_request.hpp"

#include "feature/webhook_signature.hpp"

#include <everstep/codec.hpp>
#include <everstep/error.hpp>

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

constexpr std::chrono::sys_seconds now{1'700'000'000s}; // Tue, 14 Nov 2023 22:13:20 GMT
const std::string known_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

webhook_endpoint endpoint(webhook_mode mode = webhook_mode::structured)
{
    return {.url = "https://hooks.example.com/orders", .secret = webhook_secret(known_secret), .mode = mode};
}

event placed()
{
    return {.number = 7,
            .topic = "orders",
            .id = "e-1",
            .source = "/checkout/o-1",
            .type = "order.placed",
            .subject = "o-1",
            .key = "customer 9",
            .traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            .time = event::time_point(1'699'999'999'123'456us),
            .data = R"({"id":"o-1","total":12.50,"units":9007199254740993})"};
}

std::string header(const webhook_request& of, const std::string& name)
{
    std::string all;
    for (const webhook_header& one : of.headers)
        if (one.name == name)
            all += (all.empty() ? "" : " | ") + one.value;
    return all;
}

webhook_request made(const event& what, const webhook_endpoint& to = endpoint()) { return make_webhook_request(what, "m-1", to, now); }

template <class Call>
errc why_not(Call&& call)
{
    try
    {
        call();
    }
    catch (const engine_error& e)
    {
        return e.why();
    }
    return {};
}

TEST(WebhookRequest, StructuredIsOneJsonObjectWithTheDataAsItIs)
{
    const webhook_request request = made(placed());
    EXPECT_EQ(request.body, R"({"specversion":"1.0","id":"e-1","source":"/checkout/o-1","type":"order.placed","subject":"o-1",)"
                            R"("time":"2023-11-14T22:13:19.123456Z","partitionkey":"customer 9",)"
                            R"("traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",)"
                            R"("datacontenttype":"application/json","data":{"id":"o-1","total":12.50,"units":9007199254740993}})");
    EXPECT_EQ(header(request, "content-type"), "application/cloudevents+json; charset=utf-8");
    EXPECT_EQ(header(request, "ce-id"), "");
}

TEST(WebhookRequest, BinaryHasTheDataAsBodyAndAttributesAsHeaders)
{
    const webhook_request request = made(placed(), endpoint(webhook_mode::binary));
    EXPECT_EQ(request.body, placed().data);
    EXPECT_EQ(header(request, "content-type"), "application/json");
    EXPECT_EQ(header(request, "ce-specversion"), "1.0");
    EXPECT_EQ(header(request, "ce-id"), "e-1");
    EXPECT_EQ(header(request, "ce-source"), "/checkout/o-1");
    EXPECT_EQ(header(request, "ce-type"), "order.placed");
    EXPECT_EQ(header(request, "ce-subject"), "o-1");
    EXPECT_EQ(header(request, "ce-time"), "2023-11-14T22:13:19.123456Z");
    EXPECT_EQ(header(request, "ce-partitionkey"), "customer%209");
    EXPECT_EQ(header(request, "ce-traceparent"), placed().traceparent);
    EXPECT_EQ(header(request, "ce-datacontenttype"), "");
}

TEST(WebhookRequest, AnAttributeWithoutValueIsLeftOut)
{
    event bare = placed();
    bare.subject.clear();
    bare.key.clear();
    bare.traceparent.clear();
    EXPECT_EQ(made(bare).body, R"({"specversion":"1.0","id":"e-1","source":"/checkout/o-1","type":"order.placed",)"
                               R"("time":"2023-11-14T22:13:19.123456Z","datacontenttype":"application/json",)"
                               R"("data":{"id":"o-1","total":12.50,"units":9007199254740993}})");
    const webhook_request binary = made(bare, endpoint(webhook_mode::binary));
    for (const webhook_header& one : binary.headers)
        EXPECT_NE(one.value, "") << one.name;
    EXPECT_EQ(binary.headers.size(), 9u);
}

TEST(WebhookRequest, AnEventWithoutDataHasNone)
{
    event empty = placed();
    empty.data.clear();
    EXPECT_TRUE(made(empty).body.ends_with(R"("datacontenttype":"application/json"})"));
    EXPECT_EQ(made(empty, endpoint(webhook_mode::binary)).body, "");
}

TEST(WebhookRequest, HeaderValuesArePercentEncodedAsTheBindingSays)
{
    event other = placed();
    other.subject = "Euro € 😀";
    const std::pair<const char*, const char*> all[] = {{"Euro € 😀", "Euro%20%E2%82%AC%20%F0%9F%98%80"},
                                                       {"a\"b%c d", "a%22b%25c%20d"},
                                                       {"!#$&'()*+,-./:;<=>?@[\\]^_`{|}~", "!#$&'()*+,-./:;<=>?@[\\]^_`{|}~"}};
    for (const auto& [plain, encoded] : all)
    {
        other.subject = plain;
        EXPECT_EQ(header(made(other, endpoint(webhook_mode::binary)), "ce-subject"), encoded);
    }
}

TEST(WebhookRequest, InJsonTextsStayWhatTheyAre)
{
    event other = placed();
    other.subject = "a\"b\\c € 😀";
    EXPECT_EQ(boost::json::parse(made(other).body).at("subject").as_string(), "a\"b\\c € 😀");
}

TEST(WebhookRequest, TheSourceIsAUriReference)
{
    const std::pair<const char*, const char*> all[] = {{"/checkout/o-1", "/checkout/o-1"},
                                                       {"https://shop.example/a?b=c#d", "https://shop.example/a?b=c#d"},
                                                       {"urn:uuid:6e8bc430-9c3a-11d9", "urn:uuid:6e8bc430-9c3a-11d9"},
                                                       {"/pay/order 7", "/pay/order%207"},
                                                       {"/pay/ä", "/pay/%C3%A4"},
                                                       {"/pay/50%", "/pay/50%25"},
                                                       {"/pay/%4x", "/pay/%254x"},
                                                       {"/pay/%4f", "/pay/%4f"},
                                                       {"/pay/[a]{b}|c^d\"<e>`\\", "/pay/%5Ba%5D%7Bb%7D%7Cc%5Ed%22%3Ce%3E%60%5C"},
                                                       {"/a#b#c", "/a#b%23c"},
                                                       {"7:8", "./7:8"},
                                                       {"shop:8", "shop:8"},
                                                       {":8", "./:8"}};
    for (const auto& [source, sent] : all)
    {
        event other = placed();
        other.source = source;
        EXPECT_EQ(boost::json::parse(made(other).body).at("source").as_string(), sent);
    }
}

TEST(WebhookRequest, AsAHeaderTheSourceIsEncodedOnceMore)
{
    event other = placed();
    other.source = "/pay/order 7";
    EXPECT_EQ(header(made(other, endpoint(webhook_mode::binary)), "ce-source"), "/pay/order%25207");
}

TEST(WebhookRequest, TimesAreRfc3339InUtc)
{
    const std::pair<std::chrono::microseconds, const char*> all[] = {{0us, "1970-01-01T00:00:00.000000Z"},
                                                                    {951'827'696'000'001us, "2000-02-29T12:34:56.000001Z"},
                                                                    {4'102'444'799'999'999us, "2099-12-31T23:59:59.999999Z"}};
    for (const auto& [time, text] : all)
    {
        event other = placed();
        other.time = event::time_point(time);
        EXPECT_EQ(header(made(other, endpoint(webhook_mode::binary)), "ce-time"), text);
    }
}

TEST(WebhookRequest, AnAttributeThatNoCloudEventMayHaveIsRefused)
{
    const std::vector<std::string> bad{"a\nb", std::string("a\0b", 3), "\x7f", "\xc2\x80", "\xc2\x9f", "\xff", "\xed\xa0\x80",
                                       "\xef\xb7\x90", "\xef\xb7\xaf", "\xef\xbf\xbe", "\xef\xbf\xbf", "\xf0\x9f\xbf\xbe",
                                       "\xf4\x8f\xbf\xbf", "cut\xe2\x82"};
    for (const std::string& text : bad)
    {
        event other = placed();
        other.subject = text;
        EXPECT_EQ(why_not([&] { made(other); }), errc::bad_value) << text;
        EXPECT_EQ(why_not([&] { made(other, endpoint(webhook_mode::binary)); }), errc::bad_value) << text;
    }
    const std::vector<std::string> good{"\xc2\xa0", "\xef\xb7\xb0", "\xef\xb7\x8f", "\xef\xbf\xbd", "\xf0\x9f\xbf\xbd",
                                        "\xf0\x9f\xbe\xbe", "\xf0\x9e\xbf\xbe", "ÿ", "￼"};
    for (const std::string& text : good)
    {
        event other = placed();
        other.subject = text;
        EXPECT_EQ(why_not([&] { made(other); }), errc{}) << text;
    }
}

TEST(WebhookRequest, AnEventWithoutIdSourceOrTypeIsRefused)
{
    for (std::string event::*member : {&event::id, &event::source, &event::type})
    {
        event other = placed();
        (other.*member).clear();
        EXPECT_EQ(why_not([&] { made(other); }), errc::bad_value);
    }
}

TEST(WebhookRequest, EachAttemptHasTheSameIdAndBodyAndItsOwnTimestampAndSignature)
{
    const webhook_request first = make_webhook_request(placed(), "m-1", endpoint(), now);
    const webhook_request second = make_webhook_request(placed(), "m-1", endpoint(), now + 5s);
    EXPECT_EQ(header(first, "webhook-id"), "m-1");
    EXPECT_EQ(header(second, "webhook-id"), "m-1");
    EXPECT_EQ(first.body, second.body);
    EXPECT_EQ(header(first, "webhook-timestamp"), "1700000000");
    EXPECT_EQ(header(second, "webhook-timestamp"), "1700000005");
    EXPECT_NE(header(first, "webhook-signature"), header(second, "webhook-signature"));
}

TEST(WebhookRequest, TheSignatureIsOfTheIdTheTimestampAndTheBody)
{
    for (const webhook_mode mode : {webhook_mode::structured, webhook_mode::binary})
    {
        webhook_endpoint to = endpoint(mode);
        to.former_secret = webhook_secret("whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=");
        const webhook_request request = made(placed(), to);
        const std::string text = "m-1.1700000000." + request.body;
        EXPECT_EQ(header(request, "webhook-signature"),
                  webhook_signature(to.secret, text) + " " + webhook_signature(*to.former_secret, text));
    }
}

TEST(WebhookRequest, OurOwnVerifierAcceptsIt)
{
    webhook_verifier verifier({.secrets = {webhook_secret(known_secret)}});
    const webhook_request request = made(placed());
    const std::string id = header(request, "webhook-id");
    const std::string timestamp = header(request, "webhook-timestamp");
    const std::string signature = header(request, "webhook-signature");
    EXPECT_EQ(verifier.verify({id, timestamp, signature}, request.body, now), webhook_verdict::accepted);
}

TEST(WebhookRequest, AnIdThatIsNoneIsRefused)
{
    for (const char* id : {"", "a.b", "a b", "a\r\nx: y"})
        EXPECT_EQ(why_not([&] { make_webhook_request(placed(), id, endpoint(), now); }), errc::bad_value) << id;
}

TEST(WebhookRequest, HeadersOfTheEndpointComeBehindOurs)
{
    webhook_endpoint to = endpoint();
    to.headers = {{"authorization", "Bearer x"}, {"x-tenant", "7"}};
    const webhook_request request = made(placed(), to);
    EXPECT_EQ(header(request, "authorization"), "Bearer x");
    EXPECT_EQ(request.headers.back().name, "x-tenant");
}

errc why_not_header(const std::string& name, const std::string& value)
{
    webhook_endpoint to = endpoint();
    to.headers = {{name, value}};
    return why_not([&] { check_webhook(to); });
}

TEST(WebhookEndpoint, HeadersThatAreNotForUsersAreRefused)
{
    for (const char* name : {"host", "Host", "HOST", "connection", "Keep-Alive", "proxy-authorization", "Proxy-Authenticate",
                             "proxy-connection", "proxy-x", "te", "trailer", "transfer-encoding", "Transfer-Encoding", "upgrade",
                             "content-length", "Content-Type", "content-encoding", "webhook-id", "Webhook-Signature", "webhook-x",
                             "ce-id", "CE-x", "expect", "cookie", "Cookie2", "accept-encoding", "http2-settings", "alt-used"})
        EXPECT_EQ(why_not_header(name, "x"), errc::bad_value) << name;
    for (const char* name : {"authorization", "x-api-key", "user-agent", "accept", "X-Host", "x-webhook-id", "traceparent", "ce",
                             "a!#$%&'*+-.^_`|~9"})
        EXPECT_EQ(why_not_header(name, "x"), errc{}) << name;
}

TEST(WebhookEndpoint, HeadersThatWouldBreakTheRequestAreRefused)
{
    for (const std::string& name : {std::string(), std::string("a b"), std::string("a:"), std::string("a\r\nb"), std::string("ä"),
                                    std::string("a\0", 2), std::string(65, 'a'), std::string("(a)")})
        EXPECT_EQ(why_not_header(name, "x"), errc::bad_value) << name;
    for (const std::string& value : {std::string("a\r\nb: c"), std::string("a\n"), std::string("a\r"), std::string("a\0b", 3),
                                     std::string("\x7f"), std::string("ä"), std::string(" a"), std::string("a "), std::string("\ta"),
                                     std::string(4097, 'a')})
        EXPECT_EQ(why_not_header("x-a", value), errc::bad_value) << value;
    for (const std::string& value : {std::string(), std::string("a b\tc"), std::string(4096, 'a')})
        EXPECT_EQ(why_not_header("x-a", value), errc{}) << value;
}

TEST(WebhookEndpoint, ARefusalNeverQuotesAHeadersValue)
{
    webhook_endpoint to = endpoint();
    to.headers = {{"authorization", "Bearer geheim\n"}};
    try
    {
        check_webhook(to);
        FAIL();
    }
    catch (const engine_error& e)
    {
        EXPECT_EQ(e.text().find("geheim"), std::string::npos);
    }
}

TEST(WebhookEndpoint, LimitsAreChecked)
{
    const auto why = [](auto change) {
        webhook_endpoint to = endpoint();
        change(to);
        return why_not([&] { check_webhook(to); });
    };
    EXPECT_EQ(why([](webhook_endpoint&) {}), errc{});
    EXPECT_EQ(why([](webhook_endpoint& to) { to.url = "https://127.0.0.1/"; }), errc::bad_value);
    EXPECT_EQ(why([](webhook_endpoint& to) { to.url = "https://127.0.0.1/", to.allow_private_addresses = true; }), errc{});
    EXPECT_EQ(why([](webhook_endpoint& to) { to.ports = {}; }), errc::bad_value);
    EXPECT_EQ(why([](webhook_endpoint& to) { to.timeout = 0ms; }), errc::bad_value);
    EXPECT_EQ(why([](webhook_endpoint& to) { to.timeout = -1ms; }), errc::bad_value);
    EXPECT_EQ(why([](webhook_endpoint& to) { to.timeout = 10min + 1ms; }), errc::bad_value);
    EXPECT_EQ(why([](webhook_endpoint& to) { to.timeout = 10min; }), errc{});
    EXPECT_EQ(why([](webhook_endpoint& to) { to.response_bytes_max = (16u << 20) + 1; }), errc::bad_value);
    EXPECT_EQ(why([](webhook_endpoint& to) { to.response_bytes_max = 0; }), errc{});
    EXPECT_EQ(why([](webhook_endpoint& to) { to.headers.resize(33, {"x-a", "b"}); }), errc::bad_value);
    EXPECT_EQ(why([](webhook_endpoint& to) { to.headers.resize(32, {"x-a", "b"}); }), errc{});
}

TEST(WebhookAnswer, TheStatusDecides)
{
    const auto outcome = [](unsigned status) { return read_answer(status, "", now).outcome; };
    for (const unsigned status : {200u, 201u, 202u, 204u, 299u})
        EXPECT_EQ(outcome(status), webhook_outcome::delivered) << status;
    for (const unsigned status : {101u, 300u, 301u, 302u, 303u, 304u, 307u, 308u, 399u, 400u, 401u, 403u, 404u, 408u, 409u, 411u, 413u,
                                  428u, 430u, 500u, 501u, 505u, 599u, 600u, 999u, 0u})
        EXPECT_EQ(outcome(status), webhook_outcome::try_again) << status;
    EXPECT_EQ(outcome(410), webhook_outcome::gone);
    for (const unsigned status : {429u, 502u, 503u, 504u})
        EXPECT_EQ(outcome(status), webhook_outcome::throttle) << status;
    EXPECT_EQ(read_answer(503, "", now).status, 503u);
    EXPECT_EQ(read_answer(503, "", now).text, "answered 503");
    EXPECT_EQ(read_answer(302, "", now).text, "answered 302: redirects are not followed, give the endpoint its new URL");
}

TEST(WebhookAnswer, WhatTheReceiverAsksForIsRead)
{
    EXPECT_EQ(read_answer(503, "17", now).retry_after, 17s);
    EXPECT_EQ(read_answer(404, "17", now).retry_after, 17s);
    EXPECT_EQ(read_answer(503, "", now).retry_after, std::nullopt);
    EXPECT_EQ(read_answer(200, "17", now).retry_after, std::nullopt);
}

TEST(WebhookAnswer, RetryAfterIsSecondsOrADate)
{
    EXPECT_EQ(read_retry_after("0", now), 0s);
    EXPECT_EQ(read_retry_after("120", now), 120s);
    EXPECT_EQ(read_retry_after("007", now), 7s);
    EXPECT_EQ(read_retry_after("2592001", now), 720h);
    EXPECT_EQ(read_retry_after("99999999999999999999999", now), 720h);
    EXPECT_EQ(read_retry_after("Tue, 14 Nov 2023 22:13:50 GMT", now), 30s);
    EXPECT_EQ(read_retry_after("Tuesday, 14-Nov-23 22:13:50 GMT", now), 30s);
    EXPECT_EQ(read_retry_after("Tue Nov 14 22:13:50 2023", now), 30s);
    EXPECT_EQ(read_retry_after("Fri Dec  1 00:00:00 2023", now), 1'388'800s);
    EXPECT_EQ(read_retry_after("Fri, 01 Dec 2023 00:00:00 GMT", now), 1'388'800s);
    EXPECT_EQ(read_retry_after("Tue, 14 Nov 2023 22:13:20 GMT", now), 0s);
    EXPECT_EQ(read_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), 0s);
    EXPECT_EQ(read_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", now), 0s); // 2094 would be more than 50 years ahead
    EXPECT_EQ(read_retry_after("Friday, 06-Nov-73 08:49:37 GMT", now), 720h); // 2073 is not
    EXPECT_EQ(read_retry_after("Wed, 01 Jan 9999 00:00:00 GMT", now), 720h);
    EXPECT_EQ(read_retry_after("Tue, 14 Nov 2023 22:13:60 GMT", now), 40s); // a leap second
}

TEST(WebhookAnswer, ARetryAfterThatIsNeitherIsNone)
{
    for (const char* text : {"", " ", "soon", "-1", "+1", "1.5", "1e3", " 1", "1 ", "0x10", "Tue, 14 Nov 2023",
                             "Tue, 14 Nov 2023 22:13:50", "Tue, 14 Nov 2023 22:13:50 CET", "Tue, 14 Nov 2023 22:13:50 GMT ",
                             "Tue, 14 nov 2023 22:13:50 GMT", "Tue, 14 ovD 2023 22:13:50 GMT", "Tue, 31 Feb 2023 22:13:50 GMT",
                             "Tue, 00 Nov 2023 22:13:50 GMT", "Tue, 14 Nov 2023 24:13:50 GMT", "Tue, 14 Nov 2023 22:60:50 GMT",
                             "Tue, 14 Nov 2023 22:13:61 GMT", "Tue, 1 Nov 2023 22:13:50 GMT", "Tue,14 Nov 2023 22:13:50 GMT",
                             "Tue, 14-Nov-2023 22:13:50 GMT", "Tue, 14 Nov 23 22:13:50 GMT", "Tue Nov 14 22:13:50 23",
                             "Tue Nov 1 22:13:50 2023", "Tue Nov 14 22:13:50 2023 GMT", "2023-11-14T22:13:50Z", ",", ", ", "Tue"})
        EXPECT_EQ(read_retry_after(text, now), std::nullopt) << text;
}
}
}
