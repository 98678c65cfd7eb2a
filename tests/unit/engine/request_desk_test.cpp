// What callers are told, and when: with a shard, a committer whose commits the test can hold, and bodies that the test runs.

#include "engine/request_desk.hpp"

#include "fake_host.hpp"

#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace everstep::core
{
namespace
{
using detail::request_kind;
using test::fake_host;
using test::fate;

workflow<int> one_step(context& ctx, int n)
{
    co_return co_await ctx.step("one", [&] { return n; });
}

workflow<int, std::string> replier(context& ctx, int)
{
    const std::string early = "early";
    co_await ctx.reply(early);
    co_await ctx.wait_forever();
    co_return 0;
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

class RequestDesk : public testing::Test
{
protected:
    RequestDesk() { open(); }

    void open(std::unique_ptr<store::memory_store> left = nullptr)
    {
        host_ = std::make_unique<fake_host>(std::move(left));
        host_->add("one_step", one_step);
        host_->add("replier", replier);
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

// Starts.

TEST_F(RequestDesk, StartIsAnsweredWhenItIsDurable)
{
    fake_host& host = started();
    host.hold_commits();
    const auto first = host.start(one_step, "a", 1);
    host.await_commit();
    host.settle(one_step);
    EXPECT_FALSE(first->has_come());
    host.let_commits();
    EXPECT_EQ(first->text(), "ok");
}

TEST_F(RequestDesk, BodyBeginsWhenTheStartIsDurable)
{
    fake_host& host = started();
    host.hold_commits();
    host.start(one_step, "a", 1);
    host.await_commit();
    host.settle(one_step);
    EXPECT_EQ(host.jobs(), 0u);
    host.let_commits();
    host.finish(host.take_job());
}

TEST_F(RequestDesk, DuplicateIsAnsweredWhenTheFirstIsDurable)
{
    fake_host& host = started();
    host.hold_commits();
    host.start(one_step, "a", 1);
    host.await_commit();
    const auto second = host.start(one_step, "a", 1);
    host.settle(one_step);
    EXPECT_FALSE(second->has_come());
    host.let_commits();
    EXPECT_EQ(second->text(), "ok");
}

TEST_F(RequestDesk, DuplicatesAreOneRun)
{
    fake_host& host = started();
    host.start(one_step, "a", 1);
    host.start(one_step, "a", 1)->value();
    host.start(one_step, "a", 1)->value();
    EXPECT_EQ(host.count.runs_started.load(), 1u);
}

TEST_F(RequestDesk, OtherInputIsAConflict)
{
    fake_host& host = started();
    host.start(one_step, "a", 1);
    EXPECT_EQ(host.start(one_step, "a", 2)->text(), "refused conflict: 'one_step/a' was started with another input: choose another id");
}

TEST_F(RequestDesk, ConflictIsToldWhenTheFirstIsDurable)
{
    fake_host& host = started();
    host.hold_commits();
    host.start(one_step, "a", 1);
    host.await_commit();
    const auto second = host.start(one_step, "a", 2);
    host.settle(one_step);
    EXPECT_FALSE(second->has_come());
    host.let_commits();
    second->value();
}

TEST_F(RequestDesk, InputThatIsEqualTodayIsTheSame)
{
    fake_host& host = started();
    host.start(one_step, "a", 1)->value();
    EXPECT_EQ(host.send({request_kind::start, admission::wait, fake_host::key_of(one_step), "a", " 1 "})->text(), "ok");
}

TEST_F(RequestDesk, InputThatCannotBeReadIsAConflict)
{
    fake_host& host = started();
    host.start(one_step, "a", 1)->value();
    EXPECT_EQ(host.send({request_kind::start, admission::wait, fake_host::key_of(one_step), "a", "?"})->value().why, errc::conflict);
}

TEST_F(RequestDesk, DuplicateOfAnEndedRunIsAnswered)
{
    fake_host& host = started();
    host.start(one_step, "a", 1);
    host.run_until(host.result(one_step, "a"));
    EXPECT_EQ(host.start(one_step, "a", 1)->text(), "ok");
}

TEST_F(RequestDesk, DuplicateOfAParkedRunIsAnswered)
{
    fake_host& host = started();
    host.start(parker, "a", 1)->value();
    EXPECT_EQ(host.start(parker, "a", 1)->text(), "ok");
}

TEST_F(RequestDesk, DuplicateAfterACrashIsAnswered)
{
    started().start(waiter_flow, "a", 1)->value();
    open(host_->crash());
    started().start(waiter_flow, "a", 1)->value();
    EXPECT_EQ(host_->count.runs_started.load(), 0u);
}

TEST_F(RequestDesk, SameIdOfAnotherWorkflowIsAnotherRun)
{
    fake_host& host = started();
    host.start(waiter_flow, "a", 1)->value();
    host.start(sleeper, "a", 1)->value();
    EXPECT_EQ(host.count.runs_started.load(), 2u);
}

TEST_F(RequestDesk, IdWithTheHashOfAnotherIsAConflict)
{
    fake_host& host = started();
    host.start(waiter_flow, "a", 1)->value();
    const auto second = std::make_shared<test::given_answer>();
    host.the_shard().put_request({{request_kind::start, admission::wait, fake_host::key_of(waiter_flow), "b", "1"},
                                  journal::id_hash("waiter", "a"), std::make_unique<test::given_answer::end>(second)});
    EXPECT_EQ(second->text(), "refused conflict: 'waiter/b' has the hash of another id: choose another id");
}

// Admission.

/// The first start fills the queue.
class RequestDeskFull : public RequestDesk
{
protected:
    RequestDeskFull()
    {
        host_->options.queue_bytes_max = 1;
        started().hold_commits();
        host_->start(waiter_flow, "first", 1);
        host_->await_commit();
    }
};

TEST_F(RequestDeskFull, StartWaits)
{
    const auto second = host_->start(waiter_flow, "a", 1);
    host_->settle(waiter_flow);
    EXPECT_EQ(host_->count.starts_waiting.load(), 1u);
    EXPECT_FALSE(second->has_come());
}

TEST_F(RequestDeskFull, StartThatWaitsIsAdmittedWhenThereIsRoom)
{
    const auto second = host_->start(waiter_flow, "a", 1);
    host_->settle(waiter_flow);
    host_->let_commits();
    EXPECT_EQ(second->text(), "ok");
    EXPECT_EQ(host_->count.starts_waiting.load(), 0u);
}

TEST_F(RequestDeskFull, StartThatWillNotWaitIsRefused)
{
    EXPECT_EQ(host_->start(waiter_flow, "a", 1, admission::refuse)->value().why, errc::overloaded);
}

TEST_F(RequestDeskFull, RefusedStartIsNoRun)
{
    host_->start(waiter_flow, "a", 1, admission::refuse)->value();
    host_->let_commits();
    EXPECT_EQ(host_->ask(request_kind::status, waiter_flow, "a")->value().why, errc::not_found);
}

TEST_F(RequestDeskFull, StartsOfOneIdThatWaitAreOneRun)
{
    const auto second = host_->start(waiter_flow, "a", 1);
    const auto third = host_->start(waiter_flow, "a", 1);
    host_->settle(waiter_flow);
    host_->let_commits();
    EXPECT_EQ(second->text(), "ok");
    EXPECT_EQ(third->text(), "ok");
    EXPECT_EQ(host_->count.runs_started.load(), 2u);
}

TEST_F(RequestDeskFull, DuplicateDoesNotWaitForAdmission)
{
    const auto again = host_->start(waiter_flow, "first", 1, admission::refuse);
    host_->settle(waiter_flow);
    host_->let_commits();
    EXPECT_EQ(again->text(), "ok");
}

/// What two bodies do on the shard's own thread: between two looks at its requests.
struct interludes
{
    std::function<void()> first;
    std::function<void()> then;
};

constexpr step_options on_shard{.retry = {}, .timeout = {}, .place = step_place::shard};

workflow<int> plays_interludes(context& ctx, int)
{
    co_await ctx.step("first", on_shard, [](attempt& a) { a.use<interludes>().first(); });
    co_await ctx.step("then", on_shard, [](attempt& a) { a.use<interludes>().then(); });
    co_return 0;
}

TEST_F(RequestDesk, LaterStartDoesNotOvertakeOnesThatWait)
{
    std::shared_ptr<test::given_answer> first;
    std::shared_ptr<test::given_answer> later;
    interludes play{[&] {
                        host_->nearly_full = true;
                        first = host_->start(waiter_flow, "a", 1);
                    },
                    [&] {
                        host_->nearly_full = false;
                        later = host_->start(waiter_flow, "b", 1, admission::refuse);
                    }};
    host_->given.add(play);
    host_->add("plays", plays_interludes);
    fake_host& host = started();
    host.start(plays_interludes, "p", 1);
    host.result(plays_interludes, "p")->value();
    EXPECT_EQ(later->value().why, errc::overloaded);
    EXPECT_EQ(first->text(), "ok");
}

TEST_F(RequestDesk, StartIsRefusedWhileTheDiskIsFull)
{
    fake_host& host = started();
    host.decide(fate::full);
    host.start(waiter_flow, "first", 1);
    host.await_full(true);
    EXPECT_EQ(host.start(waiter_flow, "a", 1, admission::refuse)->value().why, errc::overloaded);
    host.decide(fate::durable);
}

TEST_F(RequestDesk, StartThatWaitedForTheDiskIsAdmitted)
{
    fake_host& host = started();
    host.decide(fate::full);
    const auto first = host.start(waiter_flow, "first", 1);
    host.await_full(true);
    const auto second = host.start(waiter_flow, "a", 1);
    host.settle(waiter_flow);
    host.decide(fate::durable);
    EXPECT_EQ(first->text(), "ok");
    EXPECT_EQ(second->text(), "ok");
}

TEST_F(RequestDesk, StartWaitsWhileTheJournalIsNearlyFull)
{
    fake_host& host = started();
    host.nearly_full = true;
    const auto first = host.start(waiter_flow, "a", 1);
    host.settle(waiter_flow);
    EXPECT_FALSE(first->has_come());
    host.nearly_full = false;
    host.settle(waiter_flow);
    EXPECT_EQ(first->text(), "ok");
}

// Replies, results and states.

TEST_F(RequestDesk, UnknownRunIsNotFound)
{
    EXPECT_EQ(started().result(one_step, "a")->text(), "refused not_found: there is no run 'one_step/a': start it");
}

TEST_F(RequestDesk, ResultIsGivenWhenTheRunEnds)
{
    fake_host& host = started();
    host.start(one_step, "a", 7);
    const auto result = host.result(one_step, "a");
    EXPECT_EQ(host.run_until(result), "7");
}

TEST_F(RequestDesk, ResultLeavesWhenItIsDurable)
{
    fake_host& host = started();
    host.start(one_step, "a", 7)->value();
    const auto result = host.result(one_step, "a");
    body_job& job = host.take_job();
    host.hold_commits();
    host.finish(job);
    host.await_commit();
    host.settle(one_step);
    EXPECT_FALSE(result->has_come());
    host.let_commits();
    EXPECT_EQ(result->text(), "7");
}

TEST_F(RequestDesk, StateIsNotToldAheadOfTheDisk)
{
    fake_host& host = started();
    host.start(one_step, "a", 7)->value();
    body_job& job = host.take_job();
    host.hold_commits();
    host.finish(job);
    host.await_commit();
    const auto state = host.ask(request_kind::status, one_step, "a");
    host.settle(one_step);
    EXPECT_FALSE(state->has_come());
    host.let_commits();
    EXPECT_EQ(state->value().status.state, everstep::run_state::completed);
}

TEST_F(RequestDesk, ReplyLeavesWhenItIsDurable)
{
    fake_host& host = started();
    host.hold_commits();
    host.start(replier, "a", 1);
    host.await_commit();
    const auto reply = host.ask(request_kind::reply, replier, "a");
    host.settle(replier);
    EXPECT_FALSE(reply->has_come());
    host.let_commits();
    EXPECT_EQ(reply->text(), "\"early\"");
}

TEST_F(RequestDesk, ReplyOfARunThatGoesOnIsFoundInTheJournal)
{
    started().start(replier, "a", 1)->value();
    open(host_->crash());
    EXPECT_EQ(started().ask(request_kind::reply, replier, "a")->text(), "\"early\"");
}

TEST_F(RequestDesk, RunThatCompletesWithoutAReplySaysSo)
{
    fake_host& host = started();
    host.start(one_step, "a", 7);
    const auto reply = host.ask(request_kind::reply, one_step, "a");
    EXPECT_EQ(host.run_until(reply), "no reply");
}

TEST_F(RequestDesk, MissingReplyOfAnEndedRunIsTold)
{
    fake_host& host = started();
    host.start(one_step, "a", 7);
    host.run_until(host.result(one_step, "a"));
    EXPECT_EQ(host.ask(request_kind::reply, one_step, "a")->text(), "no reply");
}

TEST_F(RequestDesk, ResultOfAParkedRunSaysWhy)
{
    fake_host& host = started();
    host.start(parker, "a", 1)->value();
    EXPECT_EQ(host.result(parker, "a")->text().substr(0, 37), "failed limits: the run is parked: an ");
}

TEST_F(RequestDesk, WaitingCallerIsToldThatTheRunIsParked)
{
    fake_host& host = started();
    host.options.history_entries_max = 2;
    host.start(one_step, "a", 1)->value();
    const auto result = host.result(one_step, "a");
    host.settle(one_step);
    EXPECT_EQ(host.run_until(result).substr(0, 14), "failed limits:");
}

TEST_F(RequestDesk, StateOfAFailedRunSaysWhy)
{
    fake_host& host = started();
    host.start(waiter_flow, "a", 1)->value();
    host.ask(request_kind::cancel, waiter_flow, "a", "enough")->value();
    const run_status status = host.status(waiter_flow, "a");
    EXPECT_EQ(status.reason, "cancelled");
    EXPECT_EQ(status.text, "enough");
}
}
}
