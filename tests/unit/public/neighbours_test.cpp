// Runs of one shard share memory and a thread, and nothing else.

#include "small_shop.hpp"

#include <everstep/saga.hpp>

#include <gtest/gtest.h>

namespace everstep::test
{
namespace
{
workflow<int> undoes_at_the_door(context& ctx, int from)
{
    saga undo{ctx};
    co_await undo.step(
        "charge", [&] { return from; },
        [](attempt&, services& use, const int&) {
            auto& door = use.get<turnstile>();
            door.began.open();
            door.may_end.wait();
        });
    throw permanent_error{"no", "never"};
}
workflow<int> ends(context&, int from) { co_return from; }

/// One shard; run "a" has failed and compensates while "b" ends.
class Neighbours : public testing::Test
{
protected:
    Neighbours()
    {
        shop_->provide(door_).add("ends", ends);
        const auto a = shop_.start(undoes_at_the_door, 1);
        door_.began.wait();
        shop_->start(ends, "b", 2).result();
        door_.may_end.open();
        failure_ = failure_of([&] { a.result(); });
    }

    turnstile door_;
    small_shop shop_;
    std::string failure_;
};

TEST_F(Neighbours, EndOfOneLeavesTheFailureOfAnotherThatCompensates) { EXPECT_EQ(failure_, "no: never"); }
}
}
