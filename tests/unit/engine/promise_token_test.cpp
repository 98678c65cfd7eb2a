#include "engine/promise_token.hpp"

#include <gtest/gtest.h>

#include <string>

namespace everstep::core
{
namespace
{
const promise_target sample{"checkout", "o-17", "approval", promise_secret({11, 22}, "approval")};

TEST(PromiseToken, ComesBackAsItWas)
{
    for (const promise_target& what : {sample, promise_target{"w", "i", "n", sample.secret},
                                       promise_target{std::string(128, 'w'), std::string(255, '\xFF'), std::string(128, '\0'), sample.secret}})
    {
        const auto found = decode_token(encode_token(what));
        ASSERT_TRUE(found);
        EXPECT_EQ(found->workflow, what.workflow);
        EXPECT_EQ(found->id, what.id);
        EXPECT_EQ(found->name, what.name);
        EXPECT_EQ(found->secret, what.secret);
    }
}

TEST(PromiseToken, FitsIntoALinkAsItIs)
{
    for (int first = 0; first < 256; ++first)
    {
        const std::string token = encode_token({"w", std::string(3, static_cast<char>(first)), "n", sample.secret});
        EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), std::string::npos) << token;
    }
}

TEST(PromiseToken, SecretIsOfTheRunAndTheName)
{
    EXPECT_EQ(promise_secret({11, 22}, "approval"), promise_secret({11, 23}, "approval")); // of a run that continues the other
    EXPECT_NE(promise_secret({11, 22}, "approval"), promise_secret({12, 22}, "approval"));
    EXPECT_NE(promise_secret({11, 22}, "approval"), promise_secret({11, 22}, "approvals"));
    EXPECT_EQ(promise_secret({11, 22}, "approval"), "e60bfad651246740bd3b068ae54f59ac");
}

TEST(PromiseToken, WhatIsNoneIsRefused)
{
    const std::string token = encode_token(sample);
    EXPECT_FALSE(decode_token(""));
    EXPECT_FALSE(decode_token("hello"));
    EXPECT_FALSE(decode_token(token + "="));
    EXPECT_FALSE(decode_token(token + "%"));
    EXPECT_FALSE(decode_token(std::string(2'000, 'A')));
    EXPECT_FALSE(decode_token(encode_token({std::string(200, 'w'), "", "", ""})));
    EXPECT_FALSE(decode_token(encode_token({"w", "i", "", "short"})));
}
}
}
