#include "base/slab.hpp"

#include "base/sanitizer.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <stdexcept>
#include <vector>

namespace everstep::base
{
namespace
{
TEST(Slab, ObjectsThatLiveTogetherHaveDifferentPlaces)
{
    slab<long> room;
    std::vector<slab<long>::pointer> all;
    std::set<const long*> places;
    for (long n = 0; n < 1000; ++n)
    {
        all.push_back(room.make(n));
        places.insert(all.back().get());
    }
    EXPECT_EQ(places.size(), 1000u);
    for (long n = 0; n < 1000; ++n)
        EXPECT_EQ(*all[static_cast<std::size_t>(n)], n);
}

TEST(Slab, APlaceThatWasGivenBackIsUsedAgain)
{
    slab<int> room;
    auto one = room.make(1);
    const int* const place = one.get();
    one.reset();
    const auto next = room.make(2);
    EXPECT_TRUE(address_sanitized || next.get() == place);
}

TEST(Slab, AnObjectEndsWhenItIsGivenBack)
{
    const auto watched = std::make_shared<int>(7);
    slab<std::shared_ptr<int>> room;
    auto held = room.make(watched);
    EXPECT_EQ(watched.use_count(), 2);
    held.reset();
    EXPECT_EQ(watched.use_count(), 1);
}

TEST(Slab, AnObjectWhoseConstructorThrowsTakesNoPlace)
{
    struct thrower
    {
        explicit thrower(bool throws)
        {
            if (throws)
                throw std::runtime_error("no");
        }
        int value{};
    };
    slab<thrower> room;
    auto one = room.make(false);
    const thrower* const place = one.get();
    one.reset();
    EXPECT_THROW(room.make(true), std::runtime_error);
    const auto next = room.make(false);
    EXPECT_TRUE(address_sanitized || next.get() == place);
}
}
}
