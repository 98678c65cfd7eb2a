#include "feature/open_numbers.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <set>
#include <vector>

namespace everstep::core
{
namespace
{
using numbers = std::vector<event_number>;

TEST(OpenNumbers, ItBeginsWithTheFirstEventAndNothingOpen)
{
    const open_numbers open;
    EXPECT_EQ(open.head(), 1u);
    EXPECT_EQ(open.first(), 1u);
    EXPECT_EQ(open.count(), 0u);
    EXPECT_EQ(open.list(), numbers{});
}

TEST(OpenNumbers, WhatIsAdmittedIsOpenAndTheHeadIsBehindIt)
{
    open_numbers open(5);
    open.admit(7);
    EXPECT_EQ(open.head(), 8u);
    EXPECT_EQ(open.first(), 7u);
    EXPECT_EQ(open.count(), 1u);
    EXPECT_EQ(open.list(), numbers{7});
}

TEST(OpenNumbers, WhatIsPassedOverIsNeverOpen)
{
    open_numbers open;
    open.pass(10);
    EXPECT_EQ(open.head(), 10u);
    EXPECT_EQ(open.count(), 0u);
}

TEST(OpenNumbers, TheHeadNeverGoesBackByItself)
{
    open_numbers open(10);
    open.pass(4);
    EXPECT_EQ(open.head(), 10u);
    open.admit(3); // was open when the process before died
    EXPECT_EQ(open.head(), 10u);
    EXPECT_EQ(open.list(), numbers{3});
}

TEST(OpenNumbers, TheyAreSettledInAnyOrderAndListedInTheirs)
{
    open_numbers open;
    for (const event_number one : {2u, 3u, 5u, 8u, 9u})
        open.admit(one);
    open.settle(5);
    open.settle(9);
    EXPECT_EQ(open.list(), (numbers{2, 3, 8}));
    EXPECT_EQ(open.count(), 3u);
    EXPECT_EQ(open.first(), 2u);
    open.settle(2);
    open.settle(3);
    EXPECT_EQ(open.list(), numbers{8});
    EXPECT_EQ(open.first(), 8u);
    open.settle(8);
    EXPECT_EQ(open.count(), 0u);
    EXPECT_EQ(open.first(), 10u);
}

TEST(OpenNumbers, SettlingWhatIsNotOpenChangesNothing)
{
    open_numbers open;
    open.admit(2);
    open.admit(4);
    open.settle(4);
    for (const event_number one : {1u, 3u, 4u, 5u, 99u})
        open.settle(one);
    EXPECT_EQ(open.list(), numbers{2});
    EXPECT_EQ(open.count(), 1u);
    EXPECT_EQ(open.head(), 5u);
}

TEST(OpenNumbers, ASeekForgetsWhatWasOpen)
{
    open_numbers open;
    open.admit(2);
    open.admit(3);
    open.seek(2);
    EXPECT_EQ(open.head(), 2u);
    EXPECT_EQ(open.first(), 2u);
    EXPECT_EQ(open.count(), 0u);
    open.admit(2);
    EXPECT_EQ(open.list(), numbers{2});
}

TEST(OpenNumbers, WhatWasOpenBeforeASeekIsNotSettledTwice)
{
    open_numbers open;
    open.admit(2);
    open.admit(3);
    open.seek(2);
    open.settle(3);
    open.admit(2);
    EXPECT_EQ(open.count(), 1u);
}

/// Against a set, in an order that a machine has chosen.
TEST(OpenNumbers, ItIsASetOfNumbers)
{
    std::minstd_rand chance(4711);
    open_numbers open;
    std::set<event_number> model;
    for (int n = 0; n < 20'000; ++n)
    {
        if (chance() % 2 == 0)
        {
            const event_number one = open.head() + chance() % 3;
            open.admit(one);
            model.insert(one);
        }
        else
        {
            const event_number one = open.first() + chance() % 8;
            open.settle(one);
            model.erase(one);
        }
        ASSERT_EQ(open.count(), model.size());
        ASSERT_EQ(open.first(), model.empty() ? open.head() : *model.begin());
    }
    EXPECT_EQ(open.list(), numbers(model.begin(), model.end()));
}

TEST(OpenNumbers, NumbersThatDoNotRiseAreRefused)
{
    open_numbers open;
    open.admit(5);
    EXPECT_DEATH(open.admit(5), "broken invariant");
}
}
}
