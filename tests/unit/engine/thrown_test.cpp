#include "engine/thrown.hpp"

#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

namespace everstep::core
{
namespace
{
struct odd
{
};

template <class Error>
thrown described(Error error)
{
    return describe_thrown(std::make_exception_ptr(std::move(error)));
}

TEST(Thrown, ErrorOfEverstepKeepsItsCode) { EXPECT_EQ(described(permanent_error("no_stock", "sold out")).code, "no_stock"); }

TEST(Thrown, ErrorOfEverstepKeepsItsText) { EXPECT_EQ(described(permanent_error("no_stock", "sold out")).text, "sold out"); }

TEST(Thrown, StandardExceptionHasItsTypeForACode) { EXPECT_EQ(described(std::out_of_range("far")).code, "std::out_of_range"); }

TEST(Thrown, StandardExceptionKeepsItsText) { EXPECT_EQ(described(std::out_of_range("far")).text, "far"); }

TEST(Thrown, AnyValueHasItsTypeForACode) { EXPECT_EQ(described(odd{}).code, "everstep::core::(anonymous namespace)::odd"); }

TEST(Thrown, AnyValueSaysThatItIsNoException)
{
    EXPECT_EQ(described(7).text, "threw a value of type int, which is no std::exception");
}

TEST(Thrown, CancelIsKnown) { EXPECT_TRUE(described(cancelled{"by hand"}).is_cancelled); }

TEST(Thrown, CancelKeepsItsReason) { EXPECT_EQ(described(cancelled{"by hand"}).text, "by hand"); }

TEST(Thrown, TimeOutIsKnown) { EXPECT_TRUE(described(timed_out("timed_out", "late", "ship", "3", 2)).is_timed_out); }

TEST(Thrown, FailedStepIsNoTimeOut) { EXPECT_FALSE(described(step_failed("gone", "late", "ship", "3", 2)).is_timed_out); }

TEST(Thrown, NameThatIsNoTypeStaysAsItIs) { EXPECT_EQ(readable_type("?!"), "?!"); }
}
}
