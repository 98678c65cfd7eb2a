#include "../audit.hpp"
#include "../books.hpp"
#include "../order_file.hpp"
#include "scratch.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace shop
{
namespace
{
constexpr std::uint32_t first_epoch = 1;

/// One order, what its customer was told, and what was called for it.
class Audit : public testing::Test
{
protected:
    Audit()
    {
        orders_[0].id = "o1";
        orders_[0].paid_at = orders_[0].purchased_at;
        options_.journal = scratch_.file("journal");
        desk_.next_epoch();
    }

    figures audit()
    {
        figures found;
        audit_books(options_, orders_, desk_, restarts_, first_epoch, found);
        return found;
    }

    std::int64_t change(call_kind kind, const std::string& token) { return world_.change(kind, "o1", token); }
    void deliver()
    {
        change(call_kind::charge, "t1");
        change(call_kind::reserve, "t2");
        change(call_kind::collect, "t3");
        change(call_kind::notify, "t4");
    }

    scratch scratch_;
    demo_options options_;
    std::vector<order> orders_{1};
    std::vector<restart> restarts_;
    front_desk desk_{front_desk::create(scratch_.file("journal.desk"), 1, 0)};
    outside_world world_{scratch_.file("journal.outside.sqlite"), first_epoch, 0ms};
};
}

TEST_F(Audit, DeliveredOrderIsWithoutBlame)
{
    deliver();
    const figures found = audit();
    EXPECT_EQ(found.double_effects, 0u);
    EXPECT_EQ(found.repeated_calls, 0u);
    EXPECT_EQ(found.recorded_steps_rerun, 0u);
    EXPECT_TRUE(found.broken.empty());
}

TEST_F(Audit, RepeatedCallIsAbsorbedAndCounted)
{
    EXPECT_EQ(change(call_kind::charge, "t1"), change(call_kind::charge, "t1"));
    EXPECT_EQ(audit().repeated_calls, 1u);
    EXPECT_EQ(audit().double_effects, 0u);
}

TEST_F(Audit, SecondEffectUnderAnotherTokenIsDouble)
{
    change(call_kind::charge, "t1");
    change(call_kind::charge, "t2");
    EXPECT_EQ(audit().double_effects, 1u);
}

TEST_F(Audit, OneTokenForTwoEffectsIsDouble)
{
    change(call_kind::charge, "t1");
    change(call_kind::reserve, "t1");
    EXPECT_EQ(audit().double_effects, 1u);
}

TEST_F(Audit, CallOfAnEarlierStepIsARerun)
{
    deliver();
    change(call_kind::reserve, "t2");
    EXPECT_EQ(audit().recorded_steps_rerun, 1u);
}

TEST_F(Audit, ChargeAfterTheAnswerIsARerun)
{
    change(call_kind::charge, "t1");
    desk_.answered(0, {"o1", "payment-1"});
    change(call_kind::charge, "t1");
    EXPECT_EQ(audit().recorded_steps_rerun, 1u);
}

TEST_F(Audit, CallAfterTheEndIsARerun)
{
    deliver();
    desk_.ended(0);
    change(call_kind::notify, "t4");
    EXPECT_EQ(audit().recorded_steps_rerun, 1u);
}

TEST_F(Audit, MissingEffectIsNamed)
{
    change(call_kind::charge, "t1");
    EXPECT_EQ(audit().broken.size(), 1u);
}

TEST_F(Audit, DeclinedOrderLeavesNoEffect)
{
    orders_[0].paid_at.reset();
    world_.refuse(call_kind::charge, "o1", "t1");
    EXPECT_TRUE(audit().broken.empty());
}

TEST_F(Audit, AnswerThatAKillCameBetweenIsNotTimed)
{
    desk_.asked(0);
    desk_.next_epoch();
    desk_.answered(0, {"o1", "payment-1"});
    EXPECT_FALSE(audit().answer.p50);
}

TEST_F(Audit, RestartThatDidNothingHasNoRecoveryTime)
{
    change(call_kind::charge, "t1");
    restarts_ = {{first_epoch, 1, 0}, {first_epoch + 1, 1, 2}};
    EXPECT_FALSE(audit().recovery.p50);
}

TEST_F(Audit, SecondDemonstrationWithOneDeskIsRefused)
{
    EXPECT_THROW(front_desk::create(scratch_.file("journal.desk"), 1, 0), bad_input);
}

TEST_F(Audit, WhatTheCustomerSawIsSeenByTheNextProcess)
{
    desk_.answered(0, {"o1", "payment-17"});
    const front_desk again(scratch_.file("journal.desk"));
    EXPECT_STREQ(again[0].payment.data(), "payment-17");
}
}
