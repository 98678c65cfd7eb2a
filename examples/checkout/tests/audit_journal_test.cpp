#include "../audit.hpp"
#include "../services.hpp"
#include "scratch.hpp"

#include <everstep/engine.hpp>

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace shop
{
namespace
{
/// One order that was canceled after the payment: its run ends without waiting.
class AuditJournal : public testing::Test
{
protected:
    AuditJournal()
    {
        orders_[0].id = "o1";
        orders_[0].status = order_status::canceled;
        orders_[0].paid_at = orders_[0].purchased_at;
        options_.journal = scratch_.file("journal");
        options_.service = 0ms;
    }

    /// Buys, waits for the end, and returns the receipt.
    receipt buy()
    {
        outside_world world(options_.world(), 1, 0ms);
        bank bank{world};
        warehouse warehouse{world};
        carrier carrier{world};
        notices notices{world};
        everstep::engine engine{{.journal = options_.journal, .log = {}}};
        engine.provide(bank).provide(warehouse).provide(carrier).provide(notices);
        engine.add("checkout", checkout);
        engine.open();
        const auto run = engine.start(checkout, orders_[0].id, orders_[0]);
        const receipt given = run.reply();
        EXPECT_THROW(run.result(), everstep::run_failed);
        return given;
    }

    figures audit()
    {
        figures found;
        audit_journal(options_, orders_, desk_, found);
        return found;
    }

    scratch scratch_;
    demo_options options_;
    std::vector<order> orders_{1};
    front_desk desk_{front_desk::create(scratch_.file("journal.desk"), 1, 0)};
};
}

TEST_F(AuditJournal, WhatTheCustomerWasToldIsFound)
{
    desk_.started(0);
    desk_.answered(0, buy());
    desk_.ended(0);
    const figures found = audit();
    EXPECT_EQ(found.lost_acknowledged, 0u);
    EXPECT_EQ(found.compensated, 1u);
    EXPECT_TRUE(found.broken.empty());
}

TEST_F(AuditJournal, AcknowledgedStartThatIsNotThereIsLost)
{
    desk_.started(0);
    EXPECT_EQ(audit().lost_acknowledged, 1u);
}

TEST_F(AuditJournal, AnotherReceiptThanTheCustomersIsALoss)
{
    buy();
    desk_.answered(0, {"o1", "payment-of-somebody-else"});
    EXPECT_EQ(audit().lost_acknowledged, 1u);
}

TEST_F(AuditJournal, OrderThatBecameSomethingElseIsNamed)
{
    buy();
    orders_[0].status = order_status::delivered;
    EXPECT_EQ(audit().broken.size(), 1u);
}
}
