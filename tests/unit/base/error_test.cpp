#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <type_traits>

using namespace everstep;

TEST(Error, WhatHoldsTheCodeAndTheSentence)
{
    const permanent_error e("no_stock", "sku 4711 is sold out");
    EXPECT_STREQ(e.what(), "no_stock: sku 4711 is sold out");
    EXPECT_EQ(e.code(), "no_stock");
    EXPECT_EQ(e.text(), "sku 4711 is sold out");
}

TEST(Error, EveryReasonHasANameOfItsOwn)
{
    std::set<std::string> names;
    for (int n = 1; n <= static_cast<int>(errc::bad_value); ++n)
        names.emplace(name_of(static_cast<errc>(n)));
    EXPECT_EQ(names.size(), static_cast<std::size_t>(errc::bad_value));
}

TEST(Error, AnEngineErrorSaysItsReasonTwice)
{
    const engine_error e(errc::overloaded, "come again later");
    EXPECT_EQ(e.why(), errc::overloaded);
    EXPECT_EQ(e.code(), "overloaded");
}

TEST(Error, EngineClosedIsTheEngineErrorClosed)
{
    const engine_closed e;
    EXPECT_EQ(static_cast<const engine_error&>(e).why(), errc::closed);
}

TEST(Error, ACodecErrorHasTheCodeBadValue) { EXPECT_EQ(codec_error("order.price: NaN").code(), "bad_value"); }

TEST(Error, AFailedStepNamesStepPathAndAttempts)
{
    const step_failed e("declined", "no money", "charge", "3.1.0", 4);
    EXPECT_EQ(e.step() + " " + e.path() + " " + std::to_string(e.attempts()), "charge 3.1.0 4");
}

TEST(Error, ATimeOutIsCaughtAsAFailedStep)
{
    try
    {
        throw timed_out("timed_out", "no result within 5 ms", "ship", "2", 1);
    }
    catch (const step_failed& e)
    {
        EXPECT_EQ(e.step(), "ship");
        return;
    }
    FAIL();
}

TEST(Error, RetryAfterKeepsItsDelay)
{
    EXPECT_EQ(retry_after(std::chrono::seconds(30)).delay(), std::chrono::milliseconds(30'000));
}

TEST(Error, NoReplyHasACodeForPrograms) { EXPECT_EQ(no_reply().code(), "no_reply"); }

TEST(Error, CancelledIsCaughtByNoHandlerOfExceptions)
{
    EXPECT_FALSE((std::is_base_of_v<std::exception, cancelled>));
    EXPECT_FALSE((std::is_base_of_v<error, cancelled>));
}
