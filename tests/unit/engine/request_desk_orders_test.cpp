// What people order of a run: cancel and resume, whatever state it is in; and how an engine that ends refuses all of it.

#include "engine/request_desk.hpp"

#include "fake_host.hpp"

#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace everstep::core
{
namespace
{
using detail::request_kind;
using test::fake_host;

workflow<int> one_step(context& ctx, int n)
{
    co_return co_await ctx.step("one", [&] { return n; });
}

workflow<int> waiter_flow(context& ctx, int)
{
    co_await ctx.wait_forever();
    co_return 0;
}

workflow<int> sleeper(context& ctx, int minutes)
{
    co_await ctx.sleep_for(std::chrono::minutes(minutes));
    co_return 0;
}

/// Parks by itself.
workflow<int> parker(context& ctx, int)
{
    co_await ctx.step(std::string(), [] { return 0; });
    co_return 0;
}

class RequestDeskOrders : public testing::Test
{
protected:
    RequestDeskOrders() { open(); }

    void open(std::unique_ptr<store::memory_store> left = nullptr)
    {
        host_ = std::make_unique<fake_host>(std::move(left));
        host_->add("one_step", one_step);
        host_->add("waiter", waiter_flow);
        host_->add("sleeper", sleeper);
        host_->add("parker", parker);
    }
    fake_host& started()
    {
        host_->start();
        return *host_;
    }

    std::unique_ptr<fake_host> host_;
};

// Cancel.

TEST_F(RequestDeskOrders, CancelOfAnUnknownRunIsNotFound)
{
    EXPECT_EQ(started().ask(request_kind::cancel, waiter_flow, "a")->value().why, errc::not_found);
}

TEST_F(RequestDeskOrders, CancelOfAResidentRunEndsIt)
{
    fake_host& host = started();
    host.start(sleeper, "a", 1);
    host.ask(request_kind::cancel, sleeper, "a", "enough");
    EXPECT_EQ(host.result(sleeper, "a")->text(), "failed cancelled: enough");
}

TEST_F(RequestDeskOrders, CancelOfAnEvictedRunEndsIt)
{
    fake_host& host = started();
    host.start(sleeper, "a", 100'000)->value();
    host.status(sleeper, "a");
    ASSERT_EQ(host.count.runs_evicted.load(), 1u);
    EXPECT_EQ(host.ask(request_kind::cancel, sleeper, "a", "enough")->text(), "ok");
    EXPECT_EQ(host.result(sleeper, "a")->text(), "failed cancelled: enough");
}

TEST_F(RequestDeskOrders, CancelIsAnsweredWhenItIsDurable)
{
    fake_host& host = started();
    host.start(waiter_flow, "a", 1)->value();
    host.hold_commits();
    const auto cancel = host.ask(request_kind::cancel, waiter_flow, "a");
    host.await_commit();
    host.settle(waiter_flow);
    EXPECT_FALSE(cancel->has_come());
    host.let_commits();
    EXPECT_EQ(cancel->text(), "ok");
}

TEST_F(RequestDeskOrders, CancelOfAnEndedRunChangesNothing)
{
    fake_host& host = started();
    host.start(one_step, "a", 7);
    host.run_until(host.result(one_step, "a"));
    EXPECT_EQ(host.ask(request_kind::cancel, one_step, "a")->text(), "ok");
    EXPECT_EQ(host.result(one_step, "a")->text(), "7");
}

TEST_F(RequestDeskOrders, CancelOfAParkedRunIsRefused)
{
    fake_host& host = started();
    host.start(parker, "a", 1)->value();
    EXPECT_EQ(host.ask(request_kind::cancel, parker, "a")->text(), "refused wrong_use: 'parker/a' is parked: resume it, then cancel it");
}

TEST_F(RequestDeskOrders, CancelWaitsForTheBodyThatRuns)
{
    fake_host& host = started();
    host.start(one_step, "a", 7)->value();
    body_job& job = host.take_job();
    host.ask(request_kind::cancel, one_step, "a", "enough")->value();
    EXPECT_EQ(host.status(one_step, "a").state, everstep::run_state::running);
    host.finish(job);
    EXPECT_EQ(host.result(one_step, "a")->text(), "failed cancelled: enough");
}

TEST_F(RequestDeskOrders, SecondCancelIsAnswered)
{
    fake_host& host = started();
    host.start(one_step, "a", 7)->value();
    body_job& job = host.take_job();
    host.ask(request_kind::cancel, one_step, "a")->value();
    EXPECT_EQ(host.ask(request_kind::cancel, one_step, "a")->text(), "ok");
    host.finish(job);
}

TEST_F(RequestDeskOrders, CancelThatFindsNoRoomInTheHistoryLeavesARunningBodyItsFrame)
{
    host_->options.history_entries_max = 1;
    fake_host& host = started();
    host.start(one_step, "a", 7)->value();
    body_job& job = host.take_job();
    EXPECT_EQ(host.ask(request_kind::cancel, one_step, "a")->value().why, errc::limit);
    host.finish(job); // its closure lives in the frame
    EXPECT_EQ(host.status(one_step, "a").reason, "limits");
}

// Resume.

TEST_F(RequestDeskOrders, ResumeOfAnUnknownRunIsNotFound)
{
    EXPECT_EQ(started().ask(request_kind::resume, waiter_flow, "a")->value().why, errc::not_found);
}

TEST_F(RequestDeskOrders, ResumeOfARunThatIsNotParkedChangesNothing)
{
    fake_host& host = started();
    host.start(waiter_flow, "a", 1)->value();
    EXPECT_EQ(host.ask(request_kind::resume, waiter_flow, "a")->text(), "ok");
    EXPECT_EQ(host.status(waiter_flow, "a").state, everstep::run_state::running);
}

TEST_F(RequestDeskOrders, ResumedRunIsTriedAgain)
{
    fake_host& host = started();
    host.start(parker, "a", 1)->value();
    EXPECT_EQ(host.ask(request_kind::resume, parker, "a")->text(), "ok");
    host.await_log("parked");
    host.status(parker, "a");
    EXPECT_EQ(host.count.runs_parked.load(), 2u); // it has not learnt
}

TEST_F(RequestDeskOrders, ResumedRunIsTrustedAnew)
{
    fake_host& host = started();
    host.start(parker, "a", 1)->value();
    host.ask(request_kind::resume, parker, "a")->value();
    EXPECT_TRUE(host.trusted.contains(1));
}

TEST_F(RequestDeskOrders, ResumeWithoutRoomInTheHistoryIsRefused)
{
    host_->options.history_entries_max = 1;
    fake_host& host = started();
    host.start(parker, "a", 1)->value();
    EXPECT_EQ(host.ask(request_kind::resume, parker, "a")->value().why, errc::limit);
    EXPECT_EQ(host.status(parker, "a").state, everstep::run_state::parked);
}

// The end of answering.

TEST_F(RequestDeskOrders, FailedCommitRefusesEverythingThatWaits)
{
    fake_host& host = started();
    host.start(waiter_flow, "old", 1)->value();
    const auto result = host.result(waiter_flow, "old");
    host.settle(waiter_flow);
    host.hold_commits();
    const auto start = host.start(waiter_flow, "a", 1);
    host.await_commit();
    const auto again = host.start(waiter_flow, "a", 1);
    host.settle(waiter_flow);
    host.decide(test::fate::unknown_absent);
    host.let_commits();
    EXPECT_EQ(result->text(), "refused unknown");
    EXPECT_EQ(start->text(), "refused unknown");
    EXPECT_EQ(again->text(), "refused unknown");
}

TEST_F(RequestDeskOrders, FailedCommitRefusesStartsThatWaitForAdmission)
{
    host_->options.queue_bytes_max = 1;
    fake_host& host = started();
    host.hold_commits();
    host.start(waiter_flow, "a", 1);
    host.await_commit();
    const auto second = host.start(waiter_flow, "b", 1);
    host.settle(waiter_flow);
    host.decide(test::fate::unknown_present);
    host.let_commits();
    EXPECT_EQ(second->text(), "refused unknown");
}

TEST_F(RequestDeskOrders, RequestAfterAFailedCommitIsRefused)
{
    fake_host& host = started();
    host.decide(test::fate::unknown_absent);
    host.start(waiter_flow, "a", 1)->value();
    EXPECT_EQ(host.start(waiter_flow, "b", 1)->text(), "refused unknown");
}

TEST_F(RequestDeskOrders, ClosingRefusesWhoWaits)
{
    fake_host& host = started();
    host.start(waiter_flow, "a", 1)->value();
    const auto result = host.result(waiter_flow, "a");
    host.settle(waiter_flow);
    host.close();
    EXPECT_EQ(result->text(), "refused closed");
}

TEST_F(RequestDeskOrders, RequestAfterClosingIsRefused)
{
    fake_host& host = started();
    host.close();
    EXPECT_EQ(host.start(waiter_flow, "a", 1)->text(), "refused closed");
}
}
}
