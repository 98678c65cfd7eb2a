#include <everstep/services.hpp>

#include "small_shop.hpp"

#include <gtest/gtest.h>

namespace everstep::test
{
namespace
{
struct bank
{
    int cents{};
};
struct carrier
{
};

TEST(Services, GiveTheObjectOfTheType)
{
    bank kept{17};
    services all;
    all.add(kept);
    EXPECT_EQ(&all.get<bank>(), &kept);
}

TEST(Services, MissingTypeIsNamed)
{
    const services all;
    try
    {
        all.get<carrier>();
        FAIL();
    }
    catch (const engine_error& e)
    {
        EXPECT_EQ(e.why(), errc::wrong_use);
        EXPECT_NE(e.text().find("carrier"), std::string::npos) << e.text();
    }
}

workflow<int> spends(context& ctx, int cents)
{
    auto& from = ctx.use<bank>();
    co_return co_await ctx.step("spend", [&] { return from.cents -= cents; });
}

TEST(Services, EveryEngineHasItsOwn)
{
    bank rich{1'000};
    bank poor{10};
    small_shop one, two;
    one->provide(rich);
    two->provide(poor);
    EXPECT_EQ(one.start(spends, 3).result(), 997);
    EXPECT_EQ(two.start(spends, 3).result(), 7);
}
}
}
