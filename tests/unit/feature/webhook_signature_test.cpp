#include "feature/webhook_signature.hpp"

#include <everstep/codec.hpp>
#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace everstep::core
{
namespace
{
/// "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw": 24 bytes, of the specification's own libraries.
const std::string known_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

std::string hexadecimal(const webhook_digest& digest)
{
    std::string text;
    for (const std::byte one : digest)
    {
        std::array<char, 3> two{};
        std::snprintf(two.data(), two.size(), "%02x", std::to_integer<unsigned>(one));
        text += two.data();
    }
    return text;
}

std::string digest_of(const std::string& key, const std::string& text)
{
    return hexadecimal(hmac_sha256(std::as_bytes(std::span(key)), text));
}

/// The base64 of so many bytes, all of them 0x01.
std::string secret_of(std::size_t bytes)
{
    std::string text = "whsec_";
    for (std::size_t at = 0; at < bytes; at += 3)
        text += bytes - at >= 3 ? "AQEB" : bytes - at == 2 ? "AQE=" : "AQ==";
    return text;
}

std::string refusal_of(const std::string& text)
{
    try
    {
        webhook_secret made(text);
    }
    catch (const engine_error& e)
    {
        EXPECT_EQ(e.why(), errc::bad_value);
        return e.text();
    }
    return {};
}

template <class T>
concept printable = requires(std::ostream& out, const T& value) { out << value; };

static_assert(!encodable<webhook_secret> && !encodable<webhook_endpoint> && !printable<webhook_secret>,
              "a secret gets into no journal and into no log");
static_assert(!std::is_convertible_v<std::string, webhook_secret>);

TEST(WebhookSignature, HmacIsThatOfRfc4231)
{
    EXPECT_EQ(digest_of(std::string(20, '\x0b'), "Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(digest_of("Jefe", "what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(digest_of(std::string(20, '\xaa'), std::string(50, '\xdd')),
              "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    std::string counting;
    for (char c = 1; c <= 25; ++c)
        counting += c;
    EXPECT_EQ(digest_of(counting, std::string(50, '\xcd')), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
    EXPECT_EQ(digest_of(std::string(20, '\x0c'), "Test With Truncation").substr(0, 32), "a3b6167473100ee06e0c796c2955552b");
    EXPECT_EQ(digest_of(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    EXPECT_EQ(digest_of(std::string(131, '\xaa'), "This is a test using a larger than block-size key and a larger than block-size data. "
                                                  "The key needs to be hashed before being used by the HMAC algorithm."),
              "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST(WebhookSignature, IsThatOfTheStandardsOwnLibraries)
{
    const std::string text = signed_text("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", R"({"test": 2432232314})");
    EXPECT_EQ(webhook_signature(webhook_secret(known_secret), text), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookSignature, SignsIdTimestampAndBodyWithDotsBetween)
{
    EXPECT_EQ(signed_text("id", "17", "{}"), "id.17.{}");
    EXPECT_EQ(signed_text("id", "17", std::string_view("\0\xff", 2)), std::string("id.17.\0\xff", 8));
}

TEST(WebhookSignature, IsOneWhileNothingIsRotated)
{
    const webhook_endpoint to{.url = "https://hooks.example.com", .secret = webhook_secret(known_secret)};
    EXPECT_EQ(webhook_signatures(to, "text"), webhook_signature(to.secret, "text"));
}

TEST(WebhookSignature, AreTwoWhileTheSecretIsChangedTheNewOneFirst)
{
    const webhook_endpoint to{
        .url = "https://hooks.example.com", .secret = webhook_secret(known_secret), .former_secret = webhook_secret(secret_of(32))};
    EXPECT_EQ(webhook_signatures(to, "text"),
              webhook_signature(webhook_secret(known_secret), "text") + " " + webhook_signature(webhook_secret(secret_of(32)), "text"));
}

TEST(WebhookSignature, ASecretHas24To64Bytes)
{
    EXPECT_EQ(refusal_of(secret_of(24)), "");
    EXPECT_EQ(refusal_of(secret_of(64)), "");
    EXPECT_NE(refusal_of(secret_of(23)), "");
    EXPECT_NE(refusal_of(secret_of(65)), "");
    EXPECT_NE(refusal_of(secret_of(100'000)), "");
    EXPECT_EQ(webhook_secret(secret_of(24)).key().size(), 24u);
    EXPECT_EQ(webhook_secret(secret_of(64)).key().size(), 64u);
}

TEST(WebhookSignature, ASecretIsPrefixedBase64AndNothingElse)
{
    const std::vector<std::string> bad{"",
                                       "whsec_",
                                       "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                       "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                       "whsec-MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                       "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                       " whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                       "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
                                       "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
                                       "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAQ",
                                       "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_",
                                       "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAR=="};
    for (const std::string& text : bad)
        EXPECT_NE(refusal_of(text), "") << text;
}

TEST(WebhookSignature, ARefusalNeverQuotesTheSecret)
{
    for (const char* text :
         {"whsec_verysecretbutshort", "verysecretverysecretverysecretve", "whsec_very-secret-very-secret-very-secr"})
        EXPECT_EQ(refusal_of(text).find("ery"), std::string::npos) << refusal_of(text);
}

TEST(WebhookSignature, ASecretIsWipedWhenItGoes)
{
    alignas(webhook_secret) std::array<std::byte, sizeof(webhook_secret)> place{};
    auto* const secret = new (place.data()) webhook_secret(secret_of(64));
    const auto* const key = secret->key().data();
    const auto at = static_cast<std::size_t>(key - place.data());
    secret->~webhook_secret();
    for (std::size_t i = 0; i < webhook_secret::bytes_max; ++i)
        ASSERT_EQ(place[at + i], std::byte{0});
}

TEST(WebhookSignature, NewSecretsHave32BytesAndDiffer)
{
    std::set<std::string> all;
    for (int i = 0; i < 100; ++i)
        all.insert(make_webhook_secret());
    EXPECT_EQ(all.size(), 100u);
    EXPECT_EQ(webhook_secret(*all.begin()).key().size(), 32u);
}

TEST(WebhookSignature, AnIdIsVisibleAsciiWithoutDots)
{
    EXPECT_TRUE(is_message_id("4f2a"));
    EXPECT_TRUE(is_message_id(std::string(255, '~')));
    EXPECT_TRUE(is_message_id("!"));
    for (const std::string& bad : {std::string(), std::string(256, 'a'), std::string("a.b"), std::string("a b"), std::string("a\n"),
                                  std::string("a\0b", 3), std::string("\x7f"), std::string("\xc3\xa9"), std::string("a\r\nx: y")})
        EXPECT_FALSE(is_message_id(bad)) << bad;
}
}
}
