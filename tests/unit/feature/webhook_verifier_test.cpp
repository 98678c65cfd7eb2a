#include <everstep/webhook.hpp>

#include "feature/webhook_signature.hpp"

#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;
using time_point = std::chrono::system_clock::time_point;

const std::string first_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const std::string second_secret = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const std::string third_secret = "whsec_AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

constexpr std::int64_t sent_at = 1'700'000'000;

constexpr time_point at(std::int64_t seconds) { return time_point(std::chrono::seconds(seconds)); }

struct message
{
    std::string id{"msg_1"};
    std::string timestamp{std::to_string(sent_at)};
    std::string body{R"({"type":"order.placed","data":{"id":"o-1","total":12.50}})"};
    std::string signature{};

    message signed_with(const std::string& secret) const
    {
        message made = *this;
        made.signature = core::webhook_signature(webhook_secret(secret), core::signed_text(id, timestamp, body));
        return made;
    }
};

message attempt(const std::string& id, std::int64_t seconds)
{
    return message{.id = id, .timestamp = std::to_string(seconds)}.signed_with(first_secret);
}

webhook_verifier_options options(const std::vector<std::string>& secrets = {first_secret})
{
    webhook_verifier_options made;
    for (const std::string& one : secrets)
        made.secrets.emplace_back(one);
    return made;
}

class WebhookVerifier : public ::testing::Test
{
protected:
    webhook_verdict verify(const message& one, time_point now = at(sent_at))
    {
        return verifier_.verify({one.id, one.timestamp, one.signature}, one.body, now);
    }
    /// Of headers that no sender of ours made.
    webhook_verdict verdict_of(const std::string& id, const std::string& timestamp, const std::string& signature)
    {
        return verifier_.verify({id, timestamp, signature}, "{}", at(sent_at));
    }

    webhook_verifier verifier_{options()};
    const message good_ = message().signed_with(first_secret);
};

errc why_not(webhook_verifier_options options)
{
    try
    {
        webhook_verifier made(std::move(options));
    }
    catch (const engine_error& e)
    {
        return e.why();
    }
    return {};
}

TEST_F(WebhookVerifier, AcceptsTheMessageOfTheStandardsOwnLibraries)
{
    const message known{.id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
                        .timestamp = "1614265330",
                        .body = R"({"test": 2432232314})",
                        .signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="};
    EXPECT_EQ(verify(known, at(1'614'265'330)), webhook_verdict::accepted);
}

TEST_F(WebhookVerifier, AMessageIsGoodForFiveMinutesAndNotForOneSecondMore)
{
    EXPECT_EQ(verify(attempt("a", sent_at), at(sent_at + 299)), webhook_verdict::accepted);
    EXPECT_EQ(verify(attempt("b", sent_at), at(sent_at + 300)), webhook_verdict::accepted);
    EXPECT_EQ(verify(attempt("c", sent_at), at(sent_at + 301)), webhook_verdict::expired);
}

TEST_F(WebhookVerifier, AMessageOfTheFutureIsTooEarly)
{
    EXPECT_EQ(verify(attempt("a", sent_at), at(sent_at - 300)), webhook_verdict::accepted);
    EXPECT_EQ(verify(attempt("b", sent_at), at(sent_at - 301)), webhook_verdict::early);
    EXPECT_EQ(verify(attempt("c", 999'999'999'999), at(sent_at)), webhook_verdict::early);
}

TEST_F(WebhookVerifier, AReplayIsFoundForAsLongAsItWouldBeGood)
{
    EXPECT_EQ(verify(good_, at(sent_at)), webhook_verdict::accepted);
    EXPECT_EQ(verify(good_, at(sent_at)), webhook_verdict::replayed);
    EXPECT_EQ(verify(good_, at(sent_at + 299)), webhook_verdict::replayed);
    EXPECT_EQ(verify(good_, at(sent_at + 300)), webhook_verdict::replayed);
    EXPECT_EQ(verify(good_, at(sent_at + 301)), webhook_verdict::expired);
}

TEST_F(WebhookVerifier, AMessageOfTheFutureIsRememberedUntilItIsOld)
{
    EXPECT_EQ(verify(good_, at(sent_at - 300)), webhook_verdict::accepted);
    verify(attempt("other", sent_at + 299), at(sent_at + 300));
    EXPECT_EQ(verify(good_, at(sent_at + 300)), webhook_verdict::replayed);
}

TEST_F(WebhookVerifier, ALaterAttemptIsRepeatedAndAnEarlierOneIsReplayed)
{
    EXPECT_EQ(verify(attempt("a", sent_at + 5), at(sent_at + 5)), webhook_verdict::accepted);
    EXPECT_EQ(verify(attempt("a", sent_at + 10), at(sent_at + 10)), webhook_verdict::repeated);
    EXPECT_EQ(verify(attempt("a", sent_at + 10), at(sent_at + 11)), webhook_verdict::replayed);
    EXPECT_EQ(verify(attempt("a", sent_at + 5), at(sent_at + 11)), webhook_verdict::replayed);
    EXPECT_EQ(verify(attempt("a", sent_at), at(sent_at + 11)), webhook_verdict::replayed);
}

TEST_F(WebhookVerifier, ALaterAttemptKeepsTheIdKnown)
{
    verify(attempt("a", sent_at));
    EXPECT_EQ(verify(attempt("a", sent_at + 300), at(sent_at + 300)), webhook_verdict::repeated);
    EXPECT_EQ(verify(attempt("a", sent_at + 600), at(sent_at + 600)), webhook_verdict::repeated);
    EXPECT_EQ(verify(attempt("a", sent_at + 600), at(sent_at + 900)), webhook_verdict::replayed);
}

TEST_F(WebhookVerifier, AnIdWhoseTimeHasPassedIsNewAgain)
{
    verify(attempt("a", sent_at));
    EXPECT_EQ(verify(attempt("a", sent_at + 301), at(sent_at + 301)), webhook_verdict::accepted);
}

TEST_F(WebhookVerifier, AClockThatIsSetBackLetsNoReplayThrough)
{
    verify(good_);
    verify(attempt("other", sent_at + 1000), at(sent_at + 1000)); // forgets the first
    EXPECT_EQ(verify(good_, at(sent_at)), webhook_verdict::expired);
    EXPECT_EQ(verify(attempt("new", sent_at + 1), at(sent_at + 1)), webhook_verdict::accepted);
}

TEST_F(WebhookVerifier, ABodyThatWasParsedAndWrittenAgainIsAnother)
{
    for (const char* body : {R"({"data":{"id":"o-1","total":12.50},"type":"order.placed"})",
                             R"({"type":"order.placed","data":{"id":"o-1","total":12.5}})",
                             R"({"type": "order.placed", "data": {"id": "o-1", "total": 12.50}})", ""})
    {
        message other = good_;
        other.body = body;
        EXPECT_EQ(verify(other), webhook_verdict::bad_signature) << body;
    }
    message longer = good_;
    longer.body += '\n';
    EXPECT_EQ(verify(longer), webhook_verdict::bad_signature);
    EXPECT_EQ(verify(good_), webhook_verdict::accepted);
}

TEST_F(WebhookVerifier, ATruncatedBodyOrSignatureIsRefusedAtEveryLength)
{
    for (std::size_t length = 0; length < good_.body.size(); ++length)
    {
        message cut = good_;
        cut.body.resize(length);
        ASSERT_EQ(verify(cut), webhook_verdict::bad_signature) << length;
    }
    for (std::size_t length = 0; length < good_.signature.size(); ++length)
    {
        message cut = good_;
        cut.signature.resize(length);
        ASSERT_EQ(verify(cut), length < 3 ? webhook_verdict::malformed : webhook_verdict::bad_signature) << length;
    }
}

TEST_F(WebhookVerifier, TheIdAndTheTimestampAreSignedToo)
{
    message other_id = good_;
    other_id.id = "msg_2";
    EXPECT_EQ(verify(other_id), webhook_verdict::bad_signature);
    message other_time = good_;
    other_time.timestamp = std::to_string(sent_at + 1);
    EXPECT_EQ(verify(other_time), webhook_verdict::bad_signature);
}

TEST_F(WebhookVerifier, WhatIsNoMessageIsMalformed)
{
    const std::string signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const std::string time = std::to_string(sent_at);
    for (const std::string& id : {std::string(), std::string("a.b"), std::string("a b"), std::string("a\n"), std::string(256, 'a')})
        EXPECT_EQ(verdict_of(id, time, signature), webhook_verdict::malformed) << id;
    for (const char* bad : {"", "0", "-1700000000", "+1700000000", " 1700000000", "1700000000 ", "01700000000", "1700000000.0", "17e8",
                            "1700000000\n", "0x6553f100", "yesterday", "1700000000000", "99999999999999999999"})
        EXPECT_EQ(verdict_of("a", bad, signature), webhook_verdict::malformed) << bad;
    for (const std::string& bad : {std::string(), std::string(" "), std::string("v1"), std::string("v2,") + signature.substr(3),
                                  std::string("v1a,") + signature.substr(3), signature.substr(3), std::string("V1,") + signature.substr(3),
                                  signature + std::string(4097, ' ')})
        EXPECT_EQ(verdict_of("a", time, bad), webhook_verdict::malformed) << bad;
    EXPECT_EQ(verdict_of("a", time, signature), webhook_verdict::bad_signature);
}

TEST_F(WebhookVerifier, TheRightOneAmongManySignaturesIsFound)
{
    const std::string other = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    int n = 0;
    for (const std::string& header : {good_.signature + " " + other, other + " " + good_.signature,
                                      other + " v1a,abc " + good_.signature + " v1,", other + "  " + good_.signature + " ",
                                      "v2,x nonsense " + good_.signature})
    {
        message one = attempt("id_" + std::to_string(++n), sent_at);
        one.signature = std::string(header).replace(header.find(good_.signature), good_.signature.size(), one.signature);
        EXPECT_EQ(verify(one), webhook_verdict::accepted) << header;
    }
    message joined = good_;
    joined.signature = other + good_.signature;
    EXPECT_EQ(verify(joined), webhook_verdict::bad_signature);
}

TEST(WebhookVerifierSecrets, EverySecretIsTriedAndNoOther)
{
    webhook_verifier verifier(options({first_secret, second_secret}));
    const auto verdict = [&](const std::string& id, const std::string& secret) {
        const message one = message{.id = id}.signed_with(secret);
        return verifier.verify({one.id, one.timestamp, one.signature}, one.body, at(sent_at));
    };
    EXPECT_EQ(verdict("a", first_secret), webhook_verdict::accepted);
    EXPECT_EQ(verdict("b", second_secret), webhook_verdict::accepted);
    EXPECT_EQ(verdict("c", third_secret), webhook_verdict::bad_signature);
}

TEST(WebhookVerifierSecrets, AChangeOfSecretsLosesNoMessageAndNoMemory)
{
    const webhook_endpoint before{.url = "https://hooks.example.com", .secret = webhook_secret(first_secret)};
    const webhook_endpoint during{
        .url = "https://hooks.example.com", .secret = webhook_secret(second_secret), .former_secret = webhook_secret(first_secret)};
    const webhook_endpoint after{.url = "https://hooks.example.com", .secret = webhook_secret(second_secret)};
    webhook_verifier verifier(options({first_secret}));
    const auto verdict = [&](const std::string& id, const webhook_endpoint& from) {
        const message one{.id = id};
        const std::string signatures = core::webhook_signatures(from, core::signed_text(one.id, one.timestamp, one.body));
        return verifier.verify({one.id, one.timestamp, signatures}, one.body, at(sent_at));
    };
    EXPECT_EQ(verdict("a", before), webhook_verdict::accepted);
    EXPECT_EQ(verdict("b", during), webhook_verdict::accepted);
    verifier.trust(options({second_secret}).secrets);
    EXPECT_EQ(verdict("c", during), webhook_verdict::accepted);
    EXPECT_EQ(verdict("d", after), webhook_verdict::accepted);
    EXPECT_EQ(verdict("e", before), webhook_verdict::bad_signature);
    EXPECT_EQ(verdict("b", during), webhook_verdict::replayed);
    EXPECT_THROW(verifier.trust({}), engine_error);
}

TEST(WebhookVerifierMemory, IsBoundedAndLetsNothingThroughBeyond)
{
    webhook_verifier_options few = options();
    few.ids_max = 2;
    webhook_verifier verifier(few);
    const auto verdict = [&](const std::string& id, std::int64_t sent, std::int64_t now) {
        const message one = attempt(id, sent);
        return verifier.verify({one.id, one.timestamp, one.signature}, one.body, at(now));
    };
    EXPECT_EQ(verdict("a", sent_at, sent_at), webhook_verdict::accepted);
    EXPECT_EQ(verdict("b", sent_at + 10, sent_at + 10), webhook_verdict::accepted);
    EXPECT_EQ(verdict("c", sent_at + 10, sent_at + 10), webhook_verdict::overloaded);
    EXPECT_EQ(verdict("a", sent_at, sent_at + 10), webhook_verdict::replayed);
    EXPECT_EQ(verdict("b", sent_at + 11, sent_at + 11), webhook_verdict::repeated);
    EXPECT_EQ(verdict("c", sent_at + 301, sent_at + 301), webhook_verdict::accepted); // a has gone
    EXPECT_EQ(verdict("d", sent_at + 301, sent_at + 301), webhook_verdict::overloaded);
}

TEST(WebhookVerifierMemory, HoldsOnlyAuthenticMessages)
{
    webhook_verifier_options one = options();
    one.ids_max = 1;
    webhook_verifier verifier(one);
    for (int n = 0; n < 100; ++n)
    {
        const message forged = message{.id = "forged_" + std::to_string(n)}.signed_with(second_secret);
        verifier.verify({forged.id, forged.timestamp, forged.signature}, forged.body, at(sent_at));
    }
    const message good = message{.id = "forged_1"}.signed_with(first_secret);
    EXPECT_EQ(verifier.verify({good.id, good.timestamp, good.signature}, good.body, at(sent_at)), webhook_verdict::accepted);
}

TEST_F(WebhookVerifier, EveryVerdictIsCounted)
{
    verify(good_);
    verify(good_);
    verify(good_);
    verify(attempt("msg_1", sent_at + 1));
    verify(good_, at(sent_at + 301));
    verify(good_, at(sent_at - 301));
    verify(message().signed_with(second_secret));
    verify(message());
    EXPECT_EQ(verifier_.count(webhook_verdict::accepted), 1u);
    EXPECT_EQ(verifier_.count(webhook_verdict::replayed), 2u);
    EXPECT_EQ(verifier_.count(webhook_verdict::repeated), 1u);
    EXPECT_EQ(verifier_.count(webhook_verdict::expired), 1u);
    EXPECT_EQ(verifier_.count(webhook_verdict::early), 1u);
    EXPECT_EQ(verifier_.count(webhook_verdict::bad_signature), 1u);
    EXPECT_EQ(verifier_.count(webhook_verdict::malformed), 1u);
    EXPECT_EQ(verifier_.count(webhook_verdict::overloaded), 0u);
    EXPECT_EQ(verifier_.count(static_cast<webhook_verdict>(99)), 0u);
}

TEST_F(WebhookVerifier, EveryVerdictHasItsName)
{
    std::set<std::string_view> names;
    for (std::size_t n = 0; n < webhook_verdicts; ++n)
        names.insert(name_of(static_cast<webhook_verdict>(n)));
    EXPECT_EQ(names.size(), webhook_verdicts);
    EXPECT_EQ(name_of(webhook_verdict::bad_signature), "bad_signature");
    EXPECT_EQ(name_of(webhook_verdict::overloaded), "overloaded");
    EXPECT_EQ(name_of(static_cast<webhook_verdict>(99)), "?");
}

TEST_F(WebhookVerifier, OptionsThatCannotWorkAreRefused)
{
    EXPECT_EQ(why_not(options({})), errc::bad_value);
    for (const auto tolerance : {0s, -1s, std::chrono::seconds(86'401), std::chrono::seconds::max()})
    {
        webhook_verifier_options bad = options();
        bad.tolerance = tolerance;
        EXPECT_EQ(why_not(bad), errc::bad_value) << tolerance.count();
    }
    webhook_verifier_options none = options();
    none.ids_max = 0;
    EXPECT_EQ(why_not(none), errc::bad_value);
    EXPECT_EQ(why_not(options()), errc{});
}

/// One or two bytes of the message are others, or are missing, or there are more.
void mutate(message& one, std::mt19937& chance)
{
    std::string* const parts[] = {&one.id, &one.timestamp, &one.signature, &one.body};
    std::string& part = *parts[chance() % 4];
    const std::size_t where = chance() % (part.size() + 1);
    switch (chance() % 4)
    {
    case 0:
        part.insert(where, 1, static_cast<char>(chance()));
        break;
    case 1:
        part.erase(where, 1 + chance() % 3);
        break;
    default:
        if (where < part.size())
            part[where] = static_cast<char>(part[where] ^ static_cast<char>(1U << chance() % 8));
    }
}

TEST_F(WebhookVerifier, OfAMillionMutationsNoneIsAccepted)
{
    std::mt19937 chance(20'261);
    std::uint64_t changed = 0;
    std::uint64_t authentic = 0;
    message one;
    while (changed < 1'000'000)
    {
        one = good_;
        for (unsigned times = 1 + chance() % 2; times != 0; --times)
            mutate(one, chance);
        if (one.id == good_.id && one.timestamp == good_.timestamp && one.body == good_.body && one.signature == good_.signature)
            continue;
        ++changed;
        const webhook_verdict verdict = verify(one);
        if (verdict == webhook_verdict::accepted || verdict == webhook_verdict::repeated || verdict == webhook_verdict::replayed)
        {
            // The header may have more than the signature in it: a blank behind it changes nothing.
            const bool harmless = one.id == good_.id && one.timestamp == good_.timestamp && one.body == good_.body &&
                                  (" " + one.signature + " ").find(" " + good_.signature + " ") != std::string::npos;
            authentic += harmless ? 0 : 1;
        }
    }
    EXPECT_EQ(authentic, 0u);
    EXPECT_GT(verifier_.count(webhook_verdict::bad_signature), 500'000u); // most get as far as that
}

TEST(WebhookVerifierThreads, OfManyAtOnceOneIsTheFirst)
{
    webhook_verifier verifier(options());
    std::atomic<int> accepted{};
    std::vector<std::thread> threads;
    for (int n = 0; n < 4; ++n)
        threads.emplace_back([&] {
            for (int i = 0; i < 500; ++i)
            {
                const message one = attempt("id_" + std::to_string(i), sent_at);
                if (verifier.verify({one.id, one.timestamp, one.signature}, one.body, at(sent_at)) == webhook_verdict::accepted)
                    ++accepted;
                if (i % 100 == 0)
                    verifier.trust(options({second_secret, first_secret}).secrets);
            }
        });
    for (std::thread& one : threads)
        one.join();
    EXPECT_EQ(accepted, 500);
    EXPECT_EQ(verifier.count(webhook_verdict::replayed), 1'500u);
}
}
}
