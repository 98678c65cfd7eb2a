#include "engine/body_thread.hpp"

#include <everstep/error.hpp>
#include <everstep/fiber.hpp>

#include <gtest/gtest.h>

namespace
{
using namespace everstep;

TEST(BodyThread, ThreadOfTheApplicationRunsNoBodies) { EXPECT_EQ(core::body_thread::current(), nullptr); }

TEST(BodyThread, YieldOutsideABodyIsRefusedBeforeAnythingBegins)
{
    bool begun = false;
    try
    {
        boost::asio::async_initiate<const fiber_yield_t, void()>([&](auto) { begun = true; }, fiber_yield);
        FAIL() << "nothing thrown";
    }
    catch (const engine_error& e)
    {
        EXPECT_EQ(e.why(), errc::wrong_use);
    }
    EXPECT_FALSE(begun);
}
}
