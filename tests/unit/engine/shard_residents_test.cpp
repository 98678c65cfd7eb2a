// Which runs a shard keeps in memory, which it drops and how they come back; and what it makes of damaged ones.

#include "fake_host.hpp"

#include "stored_runs.hpp"

#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;
using detail::request_kind;
using test::fake_host;

constexpr base::time_us second = 1'000'000;

/// Ids of the runs whose frames were destroyed, in order.
struct ended_frames
{
    std::vector<std::string> ids;
};

struct frame_mark
{
    ended_frames& to;
    std::string id;
    ~frame_mark() { to.ids.push_back(id); }
};

workflow<int> naps(context& ctx, int seconds)
{
    const frame_mark mark{ctx.use<ended_frames>(), std::string(ctx.run_id())};
    co_await ctx.sleep_for(std::chrono::seconds(seconds));
    co_return seconds;
}

workflow<int> waits(context& ctx, int)
{
    co_await ctx.wait_forever();
    co_return 0;
}

workflow<int> one_step(context& ctx, int n)
{
    co_return co_await ctx.step("one", [&] { return n; });
}

workflow<int> tries_again(context& ctx, int n)
{
    constexpr step_options in_a_second{.retry = {.first = 1s, .factor = 1, .jitter = 0, .attempts = 3}};
    co_return co_await ctx.step("one", in_a_second, [&](attempt& a) {
        if (a.number() == 1)
            throw std::runtime_error("not yet");
        return n;
    });
}

workflow<int> two_steps(context& ctx, int n)
{
    const int one = co_await ctx.step("one", [&] { return n; });
    co_return co_await ctx.step("two", [&] { return one + 1; });
}

class ShardResidents : public testing::Test
{
protected:
    ShardResidents() { open(); }

    void open(std::unique_ptr<store::memory_store> left = nullptr)
    {
        host_ = std::make_unique<fake_host>(std::move(left));
        host_->add("naps", naps);
        host_->add("waits", waits);
        host_->add("one_step", one_step);
        host_->add("two_steps", two_steps);
        host_->given.add(frames_);
    }
    fake_host& started()
    {
        host_->start();
        return *host_;
    }
    std::size_t wake_rows() const
    {
        std::size_t rows = 0;
        host_->journal().read([&](const store::snapshot& now) {
            now.scan(journal::table::wake, {}, [&](store::key, std::string_view) { return ++rows != 0; });
        });
        return rows;
    }

    ended_frames frames_;
    std::unique_ptr<fake_host> host_;
};

// Eviction.

TEST_F(ShardResidents, LongWaitIsEvictedWhenItIsDurable)
{
    host_->options.resident_wait_max = 10s;
    fake_host& host = started();
    host.start(naps, "a", 11)->value();
    host.status(naps, "a");
    EXPECT_EQ(host.count.runs_evicted.load(), 1u);
}

TEST_F(ShardResidents, LongWaitIsNotEvictedAheadOfTheDisk)
{
    host_->options.resident_wait_max = 10s;
    fake_host& host = started();
    host.hold_commits();
    host.start(naps, "a", 11);
    host.await_commit();
    host.settle(naps);
    EXPECT_EQ(host.count.runs_evicted.load(), 0u);
}

TEST_F(ShardResidents, RunIsKeptWhileALaterTurnOfItIsNotDurable)
{
    fake_host& host = started();
    host.hold_commits();
    host.start(naps, "a", 100);
    host.await_commit();
    host.ask(request_kind::cancel, naps, "a");
    host.settle(naps);
    host.let_one_commit();
    host.await_commit();
    host.settle(naps);
    const auto second_cancel = host.ask(request_kind::cancel, naps, "a");
    host.settle(naps);
    host.let_commits();
    second_cancel->value();
    EXPECT_EQ(host.count.entries_written.load(), 4u); // started, timer_set, cancel_asked, cancelled: nothing twice
}

TEST_F(ShardResidents, ShortWaitStays)
{
    host_->options.resident_wait_max = 10s;
    fake_host& host = started();
    host.start(naps, "a", 10)->value();
    host.status(naps, "a");
    EXPECT_EQ(host.count.runs_resident.load(), 1u);
}

TEST_F(ShardResidents, WaitWithoutEndIsEvicted)
{
    fake_host& host = started();
    host.start(waits, "a", 1)->value();
    host.status(waits, "a");
    EXPECT_EQ(host.count.runs_evicted.load(), 1u);
}

TEST_F(ShardResidents, EvictedRunComesBackAtItsTime)
{
    host_->options.resident_wait_max = 10s;
    fake_host& host = started();
    host.start(naps, "a", 100)->value();
    host.status(naps, "a");
    host.clock().advance_by(100 * second);
    EXPECT_EQ(host.result(naps, "a")->text(), "100");
}

TEST_F(ShardResidents, RunThatWaitsLongestIsEvictedFirst)
{
    host_->options.resident_runs_max = 3;
    fake_host& host = started();
    for (const char* id : {"a", "b", "c", "d"})
    {
        host.start(naps, id, 100)->value();
        host.status(naps, id);
    }
    const std::vector<std::string> gone = frames_.ids;
    ASSERT_FALSE(gone.empty());
    EXPECT_EQ(gone.front(), "a");
}

TEST_F(ShardResidents, FramesStayWithinTheirLimit)
{
    host_->options.resident_runs_max = 3;
    fake_host& host = started();
    for (int n = 0; n < 20; ++n)
    {
        const std::string id = std::to_string(n);
        host.start(naps, id, 100)->value();
        host.status(naps, id);
        EXPECT_LE(host.count.runs_resident.load(), 3u);
    }
}

TEST_F(ShardResidents, HistoriesStayWithinTheirLimit)
{
    host_->options.resident_bytes_max = 1;
    fake_host& host = started();
    host.start(naps, "a", 100)->value();
    host.status(naps, "a");
    host.start(naps, "b", 100)->value();
    host.status(naps, "b");
    EXPECT_LE(host.count.runs_resident.load(), 1u);
}

TEST_F(ShardResidents, EvictedRunsAllEnd)
{
    host_->options.resident_runs_max = 2;
    fake_host& host = started();
    for (int n = 0; n < 10; ++n)
        host.start(naps, std::to_string(n), 100);
    for (int n = 0; n < 10; ++n)
        host.status(naps, std::to_string(n));
    host.clock().advance_by(100 * second);
    for (int n = 0; n < 10; ++n)
        EXPECT_EQ(host.result(naps, std::to_string(n))->text(), "100");
}

TEST_F(ShardResidents, RunWithABodyIsNotEvicted)
{
    host_->options.resident_runs_max = 1;
    fake_host& host = started();
    host.start(one_step, "a", 7)->value();
    body_job& job = host.take_job();
    host.start(one_step, "b", 8)->value();
    host.finish(job);
    EXPECT_EQ(host.result(one_step, "a")->text(), "7");
}

// No room.

TEST_F(ShardResidents, StartWithoutRoomIsAnsweredAllTheSame)
{
    host_->options.resident_runs_max = 1;
    fake_host& host = started();
    host.start(one_step, "a", 7)->value();
    EXPECT_EQ(host.start(one_step, "b", 8)->text(), "ok");
}

TEST_F(ShardResidents, StartWithoutRoomGetsItsFrameWhenThereIsOne)
{
    host_->options.resident_runs_max = 1;
    fake_host& host = started();
    for (int n = 0; n < 10; ++n)
        host.start(one_step, std::to_string(n), n)->value();
    for (int n = 0; n < 10; ++n)
        EXPECT_EQ(host.run_until(host.result(one_step, std::to_string(n))), std::to_string(n));
}

TEST_F(ShardResidents, StartWithoutRoomGetsItsFrameAfterACrash)
{
    host_->options.resident_runs_max = 1;
    started().start(one_step, "a", 7)->value();
    host_->start(one_step, "b", 8)->value();
    open(host_->crash());
    fake_host& again = started();
    EXPECT_EQ(again.run_until(again.result(one_step, "b")), "8");
}

TEST_F(ShardResidents, StartWithoutRoomCanBeCancelled)
{
    host_->options.resident_runs_max = 1;
    fake_host& host = started();
    host.start(one_step, "a", 7)->value();
    host.start(one_step, "b", 8)->value();
    host.ask(request_kind::cancel, one_step, "b", "enough")->value();
    EXPECT_EQ(host.run_until(host.result(one_step, "b")), "failed cancelled: enough");
}

// Recovery.

TEST_F(ShardResidents, RunGoesOnAfterACrash)
{
    started().start(two_steps, "a", 7)->value();
    host_->finish(host_->take_job());
    host_->finish(host_->take_job()); // its result may or may not be durable
    open(host_->crash());
    fake_host& again = started();
    EXPECT_EQ(again.run_until(again.result(two_steps, "a")), "8");
}

TEST_F(ShardResidents, RunThatWaitsComesBackWithItsTime)
{
    started().start(naps, "a", 100)->value();
    open(host_->crash());
    EXPECT_EQ(started().clock().await_alarm(), fake_host::begin_of_time + 100 * second);
}

TEST_F(ShardResidents, RunsWithoutCodeWaitForIt)
{
    started().start(naps, "a", 100)->value();
    fake_host again(host_->crash());
    again.add("one_step", one_step);
    again.start();
    again.clock().advance_by(100 * second);
    again.await_missing("naps");
    again.stop();
    open(again.crash());
    EXPECT_EQ(started().status(naps, "a").state, everstep::run_state::running);
}

TEST_F(ShardResidents, EveryUnfinishedRunHasOneWakeRow)
{
    fake_host& host = started();
    host.start(naps, "a", 100)->value();
    host.start(waits, "b", 1)->value();
    host.start(one_step, "c", 1)->value();
    host.start(two_steps, "d", 1)->value();
    host.finish(host.take_job());
    host.result(one_step, "c")->value();
    EXPECT_EQ(wake_rows(), 3u);
}

// Damage.

TEST(ShardRetry, OneThatIsDueBeforeItsEntryIsDurableIsNotForgotten)
{
    fake_host host;
    host.add("tries_again", tries_again);
    host.start();
    host.start(tries_again, "a", 7)->value();
    body_job& first = host.take_job();
    host.hold_commits();
    host.finish(first);
    host.await_commit();
    host.clock().advance_by(2 * second);
    host.settle(tries_again);
    host.let_commits();
    host.finish(host.take_job());
    EXPECT_EQ(host.run_until(host.result(tries_again, "a")), "7");
}

class ShardResidentsDamage : public ShardResidents
{
protected:
    /// A run of two_steps whose first result is recorded.
    stored_runs::draft half_done()
    {
        stored_runs::draft run = runs_.begin(1, "a", "7", "two_steps");
        entry e;
        e.kind = entry_kind::step_done;
        e.operation = journal::operation_kind::step;
        e.where.push(0);
        e.name = "one";
        e.type = type_name<int>();
        e.attempts = 1;
        e.payload = "7";
        run.append(e);
        return run;
    }
    fake_host& recovered()
    {
        open(runs_.store.clone());
        return started();
    }

    stored_runs runs_;
};

TEST_F(ShardResidentsDamage, WholeRunGoesOn)
{
    runs_.commit(half_done());
    fake_host& host = recovered();
    EXPECT_EQ(host.run_until(host.result(two_steps, "a")), "8");
}

TEST_F(ShardResidentsDamage, LostTailParksAsCorrupt)
{
    runs_.commit(half_done());
    runs_.erase(table::history, journal::history_key(base::run_number{1}, 1));
    fake_host& host = recovered();
    host.await_log("parked");
    EXPECT_EQ(host.status(two_steps, "a").reason, "corrupt");
}

TEST_F(ShardResidentsDamage, LostTailStaysKnownWhenTheRunIsResumed)
{
    runs_.commit(half_done());
    runs_.erase(table::history, journal::history_key(base::run_number{1}, 1));
    fake_host& host = recovered();
    host.await_log("parked");
    host.status(two_steps, "a");
    EXPECT_EQ(host.ask(request_kind::resume, two_steps, "a")->value().why, errc::damaged);
}

TEST_F(ShardResidentsDamage, DamagedEntryParksAsCorrupt)
{
    runs_.commit(half_done());
    runs_.damage(table::history, journal::history_key(base::run_number{1}, 1));
    fake_host& host = recovered();
    host.await_log("parked");
    EXPECT_EQ(host.status(two_steps, "a").reason, "corrupt");
}

TEST_F(ShardResidentsDamage, DamagedEntryIsNotResumed)
{
    runs_.commit(half_done());
    runs_.damage(table::history, journal::history_key(base::run_number{1}, 1));
    fake_host& host = recovered();
    host.await_log("parked");
    host.status(two_steps, "a");
    EXPECT_EQ(host.ask(request_kind::resume, two_steps, "a")->value().why, errc::damaged);
}

TEST_F(ShardResidentsDamage, DamagedWakeRowParksAsCorrupt)
{
    runs_.commit(half_done());
    runs_.damage(table::wake, journal::wake_key(journal::due_now, base::run_number{1}));
    fake_host& host = recovered();
    host.await_log("parked");
    EXPECT_EQ(host.status(two_steps, "a").text, "the wake row of run 1 is damaged: restore a backup");
}

TEST_F(ShardResidentsDamage, DamageOfOneRunLeavesTheOthersRunning)
{
    runs_.commit(half_done());
    runs_.damage(table::history, journal::history_key(base::run_number{1}, 1));
    runs_.commit(runs_.begin(2, "b", "5", "one_step"));
    fake_host& host = recovered();
    EXPECT_EQ(host.run_until(host.result(one_step, "b")), "5");
}

TEST_F(ShardResidentsDamage, DamagedHeaderIsNamedInTheLog)
{
    runs_.commit(half_done());
    runs_.damage(table::run, journal::header_key(base::run_number{1}));
    fake_host& host = recovered();
    EXPECT_EQ(host.await_log("header"), "the header of run 1 is damaged: restore a backup");
}

TEST_F(ShardResidentsDamage, DamagedHeaderIsLeftAsItIs)
{
    runs_.commit(half_done());
    runs_.damage(table::run, journal::header_key(base::run_number{1}));
    fake_host& host = recovered();
    host.await_log("header");
    host.settle(two_steps);
    EXPECT_EQ(host.count.entries_written.load(), 0u);
    EXPECT_EQ(wake_rows(), 1u);
}

TEST_F(ShardResidentsDamage, IdWithADamagedHeaderIsNotStartedAgain)
{
    runs_.commit(half_done());
    runs_.damage(table::run, journal::header_key(base::run_number{1}));
    fake_host& host = recovered();
    EXPECT_EQ(host.start(two_steps, "a", 7)->value().why, errc::damaged);
}

TEST_F(ShardResidentsDamage, DamagedIdIsNotStartedAgain)
{
    stored_runs::draft run = half_done();
    run.header.state = journal::run_state::completed; // so that it is not in memory
    run.has_wake = false;
    runs_.commit(run);
    runs_.damage(table::id, journal::id_key(run.number, run.id_hash));
    fake_host& host = recovered();
    EXPECT_EQ(host.start(two_steps, "a", 7)->value().why, errc::damaged);
}
}
}
