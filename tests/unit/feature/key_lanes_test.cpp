#include "feature/key_lanes.hpp"

#include "feature/handed_event.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace everstep::core
{
namespace
{
using lane_number = key_lanes::lane_number;
constexpr lane_number none = key_lanes::no_order;

/// Events are shown by their numbers: "1 2 3 ".
class KeyLanes : public ::testing::Test
{
protected:
    static handed_pointer make(event_number number)
    {
        auto what = std::make_shared<event>();
        what->number = number;
        auto one = std::make_unique<handed_event>();
        one->what = std::move(what);
        return one;
    }
    static std::string text(const std::vector<handed_pointer>& some)
    {
        std::string all;
        for (const handed_pointer& one : some)
            all += std::to_string(one->what->number) + " ";
        return all;
    }
    void offer(lane_number lane, event_number number) { lanes_.offer(lane, make(number)); }
    std::string take(std::size_t most = 1) { return text(lanes_.take(most)); }
    /// Whatever is ready, each alone.
    std::string take_ready()
    {
        std::string all;
        while (lanes_.has_ready())
            all += take();
        return all;
    }
    std::string take_out(lane_number lane, event_number from)
    {
        return text(lanes_.take_out(lane, [&](const handed_event& one) { return one.what->number >= from; }));
    }

    key_lanes lanes_;
};

TEST_F(KeyLanes, WhatHasNoOrderIsReadyAtOnceAndGoesAlone)
{
    EXPECT_FALSE(lanes_.has_ready());
    for (event_number n = 1; n <= 3; ++n)
        offer(none, n);
    EXPECT_EQ(take(64), "1 ");
    EXPECT_EQ(take(64), "2 ");
    EXPECT_EQ(take(64), "3 ");
    EXPECT_FALSE(lanes_.has_ready());
}

TEST_F(KeyLanes, OneOfALaneIsReadyUntilItsLaneIsNext)
{
    offer(7, 1);
    offer(7, 2);
    EXPECT_EQ(take_ready(), "1 ");
    lanes_.next(7);
    EXPECT_EQ(take_ready(), "2 ");
    lanes_.next(7);
    EXPECT_EQ(take_ready(), "");
}

TEST_F(KeyLanes, LanesDoNotWaitForEachOther)
{
    offer(7, 1);
    offer(8, 2);
    offer(7, 3);
    offer(none, 4);
    EXPECT_EQ(take_ready(), "1 2 4 ");
}

TEST_F(KeyLanes, WhatIsOfferedWhileItsLaneIsOutWaits)
{
    offer(7, 1);
    EXPECT_EQ(take(), "1 ");
    offer(7, 2);
    EXPECT_FALSE(lanes_.has_ready());
    lanes_.next(7);
    EXPECT_EQ(take(), "2 ");
}

TEST_F(KeyLanes, ALaneThatIsThroughIsFree)
{
    offer(7, 1);
    take();
    lanes_.next(7);
    offer(7, 2);
    EXPECT_EQ(take_ready(), "2 ");
}

TEST_F(KeyLanes, SomeOfALaneGoTogetherUpToTheMost)
{
    for (event_number n = 1; n <= 5; ++n)
        offer(7, n);
    EXPECT_EQ(take(3), "1 2 3 ");
    EXPECT_FALSE(lanes_.has_ready());
    lanes_.next(7);
    EXPECT_EQ(take(3), "4 5 ");
}

TEST_F(KeyLanes, TheLaneThatWasServedGoesBehindTheOthers)
{
    offer(7, 1);
    offer(7, 2);
    offer(8, 3);
    EXPECT_EQ(take(), "1 ");
    lanes_.next(7);
    EXPECT_EQ(take_ready(), "3 2 ");
}

TEST_F(KeyLanes, WhatIsPutBackComesFirstAndInOrder)
{
    for (event_number n = 1; n <= 5; ++n)
        offer(7, n);
    std::vector<handed_pointer> out = lanes_.take(3);
    out.erase(out.begin());
    lanes_.put_back(7, std::move(out));
    lanes_.next(7);
    EXPECT_EQ(take(64), "2 3 4 5 ");
}

TEST_F(KeyLanes, WhatHasNoOrderIsReadyAgainWhenItIsPutBack)
{
    offer(none, 1);
    offer(none, 2);
    lanes_.put_back(none, lanes_.take(1));
    lanes_.next(none);
    EXPECT_EQ(take_ready(), "1 2 ");
}

TEST_F(KeyLanes, WaitingCountsWhatIsNotOut)
{
    for (event_number n = 1; n <= 4; ++n)
        offer(7, n);
    offer(none, 5);
    EXPECT_EQ(lanes_.waiting(), 5u);
    std::vector<handed_pointer> out = lanes_.take(3);
    EXPECT_EQ(lanes_.waiting(), 2u);
    out.erase(out.begin());
    lanes_.put_back(7, std::move(out));
    EXPECT_EQ(lanes_.waiting(), 4u);
    lanes_.next(7);
    EXPECT_EQ(lanes_.waiting(), 4u);
    EXPECT_EQ(take_out(7, 3), "3 4 ");
    EXPECT_EQ(lanes_.waiting(), 2u);
    lanes_.take_out_waiting();
    EXPECT_EQ(lanes_.waiting(), 0u);
}

TEST_F(KeyLanes, SomeOfALaneAreTakenOutAndTheRestStaysInOrder)
{
    for (event_number n = 1; n <= 5; ++n)
        offer(7, n);
    take();
    EXPECT_EQ(text(lanes_.take_out(7, [](const handed_event& one) { return one.what->number % 2 == 1; })), "3 5 ");
    lanes_.next(7);
    EXPECT_EQ(take(64), "2 4 ");
}

TEST_F(KeyLanes, OfALaneThatIsNotThereNothingIsTakenOut)
{
    offer(8, 1);
    EXPECT_EQ(take_out(7, 0), "");
    EXPECT_EQ(lanes_.waiting(), 1u);
}

TEST_F(KeyLanes, AllThatWaitsIsTakenOutInTheOrderOfEachLane)
{
    offer(none, 1);
    offer(7, 2);
    offer(7, 3);
    offer(8, 4); // out
    offer(8, 5);
    EXPECT_EQ(take(), "1 ");
    EXPECT_EQ(take(), "2 ");
    lanes_.next(7);
    EXPECT_EQ(take(), "4 ");
    offer(none, 6);
    std::map<event_number, std::size_t> at;
    const std::vector<handed_pointer> all = lanes_.take_out_waiting();
    for (std::size_t n = 0; n < all.size(); ++n)
        at[all[n]->what->number] = n;
    EXPECT_EQ(at.size(), 3u);
    EXPECT_TRUE(at.contains(3) && at.contains(5) && at.contains(6));
    EXPECT_FALSE(lanes_.has_ready());
}

TEST_F(KeyLanes, OfEachLaneWhatIsTakenOutIsInOrder)
{
    for (event_number n = 1; n <= 9; ++n)
        offer(7 + n % 3, n);
    std::map<lane_number, event_number> last;
    for (const handed_pointer& one : lanes_.take_out_waiting())
    {
        event_number& before = last[one->what->number % 3];
        EXPECT_LT(before, one->what->number);
        before = one->what->number;
    }
    EXPECT_EQ(last.size(), 3u);
}

TEST_F(KeyLanes, LanesThatAreOutStayOutWhenAllThatWaitsIsTakenOut)
{
    offer(7, 1);
    offer(7, 2);
    take();
    lanes_.take_out_waiting();
    offer(7, 3);
    EXPECT_FALSE(lanes_.has_ready());
    lanes_.next(7);
    EXPECT_EQ(take_ready(), "3 ");
}

TEST_F(KeyLanes, LanesThatWereReadyAreFreeWhenAllThatWaitsIsTakenOut)
{
    offer(7, 1);
    offer(7, 2);
    lanes_.take_out_waiting();
    offer(7, 3);
    EXPECT_EQ(take_ready(), "3 ");
}
}
}
