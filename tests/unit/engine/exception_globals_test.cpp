#include "engine/exception_globals.hpp"

#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <string>

namespace
{
using everstep::core::exception_globals_guard;

TEST(ExceptionGlobals, NobodyElseSeesTheExceptionThatIsHandled)
{
    try
    {
        throw std::runtime_error("mine");
    }
    catch (const std::exception&)
    {
        const exception_globals_guard guard;
        EXPECT_FALSE(std::current_exception());
    }
}

TEST(ExceptionGlobals, OthersMayThrowAndCatchMeanwhile)
{
    try
    {
        throw std::runtime_error("mine");
    }
    catch (const std::exception&)
    {
        {
            const exception_globals_guard guard;
            EXPECT_THROW(throw std::logic_error("theirs"), std::logic_error);
        }
        EXPECT_THROW(throw, std::runtime_error);
    }
}

TEST(ExceptionGlobals, CountOfExceptionsInFlightIsTakenAlong)
{
    struct on_unwind
    {
        int& meanwhile;
        int& after;
        ~on_unwind()
        {
            {
                const exception_globals_guard guard;
                meanwhile = std::uncaught_exceptions();
            }
            after = std::uncaught_exceptions();
        }
    };
    int meanwhile = -1;
    int after = -1;
    try
    {
        const on_unwind watch{meanwhile, after};
        throw std::runtime_error("in flight");
    }
    catch (const std::exception&)
    {
    }
    EXPECT_EQ(meanwhile, 0);
    EXPECT_EQ(after, 1);
}
}
