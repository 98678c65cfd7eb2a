// Signals: kept until somebody receives them, in their order.

#include "replay_player.hpp"

#include <gtest/gtest.h>

namespace
{
using namespace everstep::replay;
using namespace everstep::replay::scripted;

class MachineSignal : public ::testing::Test
{
protected:
    verdict receives(branch_counter& of, std::string_view name) { return core.start(of, receive(name), nullptr, seq); }
    void comes(std::string_view name, std::string_view payload, std::string_view id = {})
    {
        EXPECT_EQ(core.apply(signalled(name, payload, id), seq++), verdict::wait);
    }

    machine core{1'000};
    branch_counter main, left{.prefix = at({0, 0}), .above = &main}, right{.prefix = at({0, 1}), .above = &main};
    std::uint32_t seq{1};
};

TEST_F(MachineSignal, OneThatCameBeforeIsReceivedAtOnce)
{
    comes("picked", "7");
    EXPECT_EQ(receives(main, "picked"), verdict::deliver);
    EXPECT_EQ(core.what(), delivered::value);
    EXPECT_EQ(core.payload(), "7");
    EXPECT_EQ(core.unread(), 0U);
}

TEST_F(MachineSignal, OneThatComesEndsTheWait)
{
    EXPECT_EQ(receives(main, "picked"), verdict::wait);
    comes("picked", "7");
    EXPECT_EQ(core.next(), verdict::deliver);
    EXPECT_EQ(core.where(), at(0));
    EXPECT_EQ(core.payload(), "7");
}

TEST_F(MachineSignal, AnotherNameIsKept)
{
    receives(main, "picked");
    comes("packed", "7");
    EXPECT_EQ(core.next(), verdict::wait);
    EXPECT_EQ(core.unread(), 1U);
}

TEST_F(MachineSignal, OfOneNameTheyComeInTheirOrder)
{
    for (const char* payload : {"1", "2", "3"})
        comes("picked", payload);
    for (const char* payload : {"1", "2", "3"})
    {
        EXPECT_EQ(receives(main, "picked"), verdict::deliver);
        EXPECT_EQ(core.payload(), payload);
    }
    EXPECT_EQ(receives(main, "picked"), verdict::wait);
}

TEST_F(MachineSignal, TheReceiveThatBeganFirstHasTheFirst)
{
    receives(right, "picked");
    receives(left, "picked");
    comes("picked", "1");
    comes("picked", "2");
    EXPECT_EQ(core.next(), verdict::deliver);
    EXPECT_EQ(core.where(), at({0, 1, 0}));
    EXPECT_EQ(core.payload(), "1");
    EXPECT_EQ(core.next(), verdict::deliver);
    EXPECT_EQ(core.where(), at({0, 0, 0}));
    EXPECT_EQ(core.payload(), "2");
}

TEST_F(MachineSignal, ACancelledReceiveTakesNone)
{
    receives(left, "picked");
    core.stop(left);
    comes("picked", "1");
    EXPECT_EQ(core.next(), verdict::deliver);
    EXPECT_EQ(core.what(), delivered::cancelled);
    EXPECT_EQ(core.unread(), 1U);
}

TEST_F(MachineSignal, TakenWithoutWaiting)
{
    EXPECT_FALSE(core.take_signal("picked"));
    comes("picked", "7");
    EXPECT_FALSE(core.take_signal("packed"));
    EXPECT_TRUE(core.take_signal("picked"));
    EXPECT_EQ(core.payload(), "7");
    EXPECT_FALSE(core.take_signal("picked"));
}

TEST_F(MachineSignal, ItsMessageIsKnownAfterItWasReceived)
{
    EXPECT_FALSE(core.has_signal("m-1"));
    comes("picked", "7", "m-1");
    core.take_signal("picked");
    EXPECT_TRUE(core.has_signal("m-1"));
    EXPECT_FALSE(core.has_signal(""));
}

TEST_F(MachineSignal, ItsTimeIsNow)
{
    receives(main, "picked");
    core.apply(when(9'000, signalled("picked")), 1);
    EXPECT_EQ(core.now(), 9'000);
}
}
