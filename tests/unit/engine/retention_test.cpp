// When finished runs are deleted, by whom the engine is woken for it, and what of them is left: over a store in memory, with a clock that
// the test moves.

#include "engine/retention.hpp"

#include "engine_stage.hpp"
#include "opened_engine.hpp"

#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;
using detail::request_kind;
using test::engine_stage;
using test::engine_world;
using test::fate;
using test::life_plan;
using test::memory_disk;
using test::watched_time;

constexpr base::time_us ms = 1'000;
constexpr base::time_us minute = 60'000'000;
constexpr base::time_us hour = 60 * minute;

workflow<int> twice(context&, int n) { co_return 2 * n; }
workflow<int> naps(context& ctx, int n)
{
    co_await ctx.sleep_for(1h);
    co_return n;
}
workflow<int> waits(context& ctx, int n)
{
    co_await ctx.wait_forever();
    co_return n;
}
/// Parks by itself.
workflow<int> parks(context& ctx, int n)
{
    co_await ctx.step(std::string(), [] { return 0; });
    co_return n;
}

engine_stage::adder all_of_them()
{
    return [](detail::engine_core& core)
    {
        test::adds("twice", twice)(core);
        test::adds("naps", naps)(core);
        test::adds("waits", waits)(core);
        test::adds("parks", parks)(core);
    };
}

life_plan keeps(std::chrono::milliseconds time, test::fated_store::fate_of decide = {})
{
    return {.decide = std::move(decide), .change = [time](engine_options& o) { o.keep_finished = time; }};
}

class Retention : public testing::Test
{
protected:
    static void run(engine_stage& s, const std::string& id, int n = 1)
    {
        ASSERT_EQ(s.start(twice, id, n), "ok");
        s.until_has("twice/" + id, "completed");
    }
    static bool has(engine_stage& s, const std::string& name) { return s.journal().contains(name); }
    static void until_gone(engine_stage& s, const std::string& name, bool time_flies)
    {
        s.until([&] { return !has(s, name); }, time_flies);
    }
    static void until_alarm(engine_stage& s, base::time_us at)
    {
        s.until([&] { return s.time().alarm() == at; }, false);
    }
    /// Until the look at open is over: the next one comes with a commit, or with the alarm.
    static void until_at_rest(engine_stage& s)
    {
        s.until([&] { return s.time().has_armed(2); }, false);
    }
    /// Of an engine that may delete it before anybody looks.
    static void run_and_delete(engine_stage& s, const std::string& id)
    {
        const std::uint64_t deleted = s.core().metrics().runs_deleted;
        ASSERT_EQ(s.start(twice, id, 1), "ok");
        // A look that came between the run's start and its end has found nothing: the next one comes with the alarm.
        s.until([&] { return s.core().metrics().runs_deleted > deleted; }, true);
    }
    /// Commits, and with them looks where any are due.
    static void works(engine_stage& s)
    {
        const std::string id = "work " + std::to_string(s.store().commits());
        s.start(waits, id, 1);
        s.cancel(waits, id);
    }

    engine_world world_{std::make_unique<memory_disk>()};
};

// When.

TEST_F(Retention, AlarmOfAnIdleEngineIsForTheFirstRunThatWillBeDue)
{
    engine_stage s(world_, all_of_them(), keeps(1h));
    const base::time_us ended = s.time().now();
    run(s, "a");
    s.time().advance_to(ended + 5 * minute);
    run(s, "b");
    until_alarm(s, ended + hour);
    s.time().advance_to(ended + hour);
    until_gone(s, "twice/a", false);
    EXPECT_TRUE(has(s, "twice/b"));
    until_alarm(s, ended + hour + 5 * minute);
}

TEST_F(Retention, AnIdleEngineIsWokenAMinuteAfterItsLastLookAtTheEarliest)
{
    engine_stage s(world_, all_of_them(), keeps(1ms));
    const base::time_us opened = s.time().now();
    run(s, "a");
    until_alarm(s, opened + minute);
    EXPECT_TRUE(has(s, "twice/a"));
    until_gone(s, "twice/a", true);
    EXPECT_EQ(s.time().now(), opened + minute);
}

TEST_F(Retention, AnEngineWithNothingToDeleteComesToRest)
{
    engine_stage s(world_, all_of_them(), keeps(1ms));
    run(s, "a");
    until_gone(s, "twice/a", true);
    const base::time_us gone = s.time().now();
    s.until([&] { return s.time().alarm() == watched_time::never && s.time().now() > gone; }, true);
    EXPECT_EQ(s.time().now(), gone + minute)
        << "the commit that deleted might have brought something, and was looked after";
}

TEST_F(Retention, AnEngineWhereNothingEndsIsNotWoken)
{
    engine_stage s(world_, all_of_them(), keeps(1h));
    s.start(waits, "a", 1);
    s.start(waits, "b", 1);
    EXPECT_EQ(s.time().alarm(), watched_time::never);
}

TEST_F(Retention, CommitsDeleteWhatIsDueWithoutTheAlarm)
{
    engine_stage s(world_, all_of_them(), keeps(1s));
    run(s, "a");
    s.time().advance_to(s.time().now() + 1000 * ms);
    works(s);
    until_gone(s, "twice/a", false);
}

TEST_F(Retention, CommitsBeforeThatDeleteNothing)
{
    engine_stage s(world_, all_of_them(), keeps(1s));
    const base::time_us ended = s.time().now();
    run(s, "a");
    s.until([&] { return s.time().alarm() != journal::due_never; }, false); // its end was noticed
    s.time().advance_to(ended + 999 * ms);
    works(s);
    works(s);
    EXPECT_TRUE(has(s, "twice/a"));
    s.time().advance_to(ended + 1000 * ms);
    works(s);
    until_gone(s, "twice/a", false);
}

TEST_F(Retention, BySettingTheWallClockNothingBecomesDue)
{
    engine_stage s(world_, all_of_them(), keeps(1h));
    const base::time_us ended = s.time().now();
    run(s, "a");
    until_alarm(s, ended + hour);
    s.time().set_wall(s.time().wall() + 10'000 * hour);
    works(s);
    s.time().set_wall(s.time().wall() - 20'000 * hour);
    works(s);
    until_alarm(s, ended + hour);
    EXPECT_TRUE(has(s, "twice/a"));
}

class RetentionForEver : public Retention, public testing::WithParamInterface<std::chrono::milliseconds>
{
};

TEST_P(RetentionForEver, KeepsWhatHasEnded)
{
    engine_stage s(world_, all_of_them(), keeps(GetParam()));
    run(s, "a");
    s.time().advance_to(s.time().now() + 900 * 365 * 24 * hour);
    works(s);
    works(s);
    EXPECT_TRUE(has(s, "twice/a"));
    EXPECT_EQ(s.core().metrics().runs_deleted, 0u);
}

INSTANTIATE_TEST_SUITE_P(Both, RetentionForEver,
                         testing::Values(engine_options{}.keep_finished, std::chrono::years(1001)));

// What.

TEST_F(Retention, RunsThatAreNotKeptAtAllGoWithTheNextLook)
{
    engine_stage s(world_, all_of_them(), keeps(0ms));
    until_at_rest(s);
    s.time().advance_to(s.time().now() + 100 * ms);
    run_and_delete(s, "a");
    EXPECT_FALSE(has(s, "twice/a"));
}

TEST_F(Retention, NothingOfADeletedRunIsLeft)
{
    engine_stage s(world_, all_of_them(), keeps(1ms));
    run(s, "a");
    until_gone(s, "twice/a", true);
    std::size_t rows = 0;
    s.store().read(
        [&](const store::snapshot& now)
        {
            for (const journal::table where : {journal::table::history, journal::table::run, journal::table::id,
                                               journal::table::wake, journal::table::finished})
                now.scan(where, {0, 0}, [&](store::key, std::string_view) { return ++rows, true; });
        });
    EXPECT_EQ(rows, 0u);
}

TEST_F(Retention, DeletedRunsAreCountedWhenThatIsDurable)
{
    engine_stage s(world_, all_of_them(), keeps(1ms));
    for (const char* id : {"a", "b", "c"})
        run(s, id);
    EXPECT_EQ(s.core().metrics().runs_deleted, 0u);
    s.until([&] { return s.core().metrics().runs_deleted == 3; }, true);
    EXPECT_TRUE(s.journal().empty());
}

TEST_F(Retention, RunsThatWaitOrAreParkedStay)
{
    engine_stage s(world_, all_of_them(), keeps(1ms));
    s.start(waits, "w", 1);
    s.start(parks, "p", 1);
    s.until([&] { return s.status(parks, "p").state == run_state::parked; }, false);
    run(s, "a");
    until_gone(s, "twice/a", true);
    EXPECT_TRUE(has(s, "waits/w"));
    EXPECT_TRUE(has(s, "parks/p"));
    EXPECT_EQ(s.cancel(waits, "w"), "ok");
    until_gone(s, "waits/w", true);
    EXPECT_TRUE(has(s, "parks/p"));
}

TEST_F(Retention, WhoWaitsForTheResultOfARunGetsItAlsoWhereItIsNotKept)
{
    engine_stage s(world_, all_of_them(), keeps(0ms));
    s.start(naps, "a", 5);
    const auto result = s.send({request_kind::result, admission::wait, engine_stage::key_of(naps), "a", {}});
    until_gone(s, "naps/a", true);
    EXPECT_EQ(s.wait(result, false), "5");
}

TEST_F(Retention, UntilThenTheIdStandsForTheOldRun)
{
    engine_stage s(world_, all_of_them(), keeps(1h));
    run(s, "a", 1);
    s.time().advance_to(s.time().now() + hour - 1);
    works(s);
    EXPECT_EQ(s.start(twice, "a", 1), "ok");
    EXPECT_EQ(s.start(twice, "a", 2).substr(0, 16), "refused conflict");
    EXPECT_EQ(s.result(twice, "a"), "2");
}

TEST_F(Retention, AfterThatItIsFreeAndBeginsANewRun)
{
    engine_stage s(world_, all_of_them(), keeps(1h));
    run(s, "a", 1);
    const base::run_number first = s.run("twice/a").number;
    until_gone(s, "twice/a", true);
    const std::string nobody = "refused not_found: there is no run 'twice/a': start it";
    EXPECT_EQ(s.result(twice, "a"), nobody);
    EXPECT_EQ(s.reply(twice, "a"), nobody);
    EXPECT_EQ(s.cancel(twice, "a"), nobody);
    EXPECT_EQ(s.resume(twice, "a"), nobody);
    EXPECT_EQ(s.start(twice, "a", 4), "ok");
    EXPECT_EQ(s.result(twice, "a"), "8");
    EXPECT_GT(s.run("twice/a").number, first);
}

// Pages, and what comes in between.

TEST_F(Retention, WhatTheLastProcessLeftIsDeletedPageAfterPage)
{
    {
        engine_stage s(world_, all_of_them());
        for (int n = 0; n < 600; ++n)
            s.start(twice, std::to_string(n), n);
        s.until([&] { return s.core().metrics().runs_completed == 600; }, false);
    }
    engine_stage s(world_, all_of_them(), keeps(0ms));
    s.until([&] { return s.core().metrics().runs_deleted == 600; }, false); // time stands still: no alarm
    EXPECT_TRUE(s.journal().empty());
    EXPECT_GE(s.store().commits(), 3u) << "more than one page";
    EXPECT_LE(s.store().commits(), 20u);
}

TEST_F(Retention, NumberOfADeletedRunIsNotUsedAgain)
{
    {
        engine_stage s(world_, all_of_them(), keeps(0ms));
        until_at_rest(s);
        s.time().advance_to(s.time().now() + 100 * ms); // the next look may come with any commit
        s.start(waits, "w", 1);                         // the commit that writes the meta record
        ASSERT_EQ(s.run("waits/w").number, base::run_number{1});
        run_and_delete(s, "a");
        EXPECT_FALSE(has(s, "twice/a"));
    }
    engine_stage s(world_, all_of_them());
    run(s, "b");
    EXPECT_EQ(s.run("twice/b").number, base::run_number{3});
}

TEST_F(Retention, PageThatFindsNoRoomIsDeletedWhenThereIsSome)
{
    std::atomic<bool> full{};
    engine_stage s(world_, all_of_them(), keeps(1ms, [&](std::uint64_t) { return full ? fate::full : fate::durable; }));
    run(s, "a");
    until_alarm(s, s.time().now() + minute);
    full = true;
    s.time().advance_to(s.time().now() + minute);
    s.until([&] { return s.core().metrics().commits_delayed_full >= 2; }, false);
    EXPECT_TRUE(has(s, "twice/a"));
    full = false;
    until_gone(s, "twice/a", false);
    s.until([&] { return s.core().metrics().runs_deleted == 1; }, true);
}

TEST_F(Retention, WithoutRoomNothingMoreIsAskedOfTheStore)
{
    std::atomic<bool> full{};
    engine_stage s(world_, all_of_them(), keeps(1ms, [&](std::uint64_t) { return full ? fate::full : fate::durable; }));
    run(s, "a");
    until_alarm(s, s.time().now() + minute);
    full = true;
    const auto start = s.send({request_kind::start, admission::wait, engine_stage::key_of(twice), "b", "1"});
    s.until([&] { return s.core().commits().is_full(); }, false);
    const std::size_t queued = s.core().commits().queued_bytes();
    const base::time_us rung = s.time().now() + minute;
    s.time().advance_to(rung);
    until_alarm(s, rung + minute); // it has looked, and rests
    EXPECT_EQ(s.core().commits().queued_bytes(), queued);
    full = false;
    EXPECT_EQ(s.wait(start, false), "ok");
    until_gone(s, "twice/a", false); // that commit brings it back
}

TEST(RetentionOfADamagedJournal, LeavesTheRunAndSaysSoOnce)
{
    engine_world world(std::make_unique<memory_disk>());
    {
        engine_stage s(world, all_of_them());
        for (const char* id : {"a", "b"})
        {
            s.start(twice, id, 1);
            s.until_has(std::string("twice/") + id, "completed");
        }
    }
    {
        const auto disk = world.disk->open();
        store::batch rows;
        rows.put(journal::table::run, {1, 0}, "not a header");
        const store::batch* part = &rows;
        disk->commit({&part, 1});
    }
    engine_stage s(world, all_of_them(), keeps(0ms));
    s.until([&] { return s.core().metrics().runs_deleted == 1; }, false);
    EXPECT_TRUE(world.has_logged("run 1 is not deleted: its header is damaged"));
    EXPECT_TRUE(s.journal().empty()) << "what can be read of it";
    EXPECT_EQ(s.start(twice, "a", 1).substr(0, 15), "refused damaged") << "whose id it was cannot be told";
    s.start(twice, "c", 1);
    s.until([&] { return s.core().metrics().runs_deleted == 2; }, true);
}

/// Lines of an engine's log.
class heard_lines
{
public:
    void add(std::string_view line)
    {
        const std::scoped_lock lock(mutex_);
        text_ += line;
        came_.notify_all();
    }
    void await(const std::string& part)
    {
        std::unique_lock lock(mutex_);
        came_.wait(lock, [&] { return text_.find(part) != std::string::npos; });
    }

private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::string text_;
};

TEST(RetentionOfAnUnreadableJournal, TriesAgainInAMinute)
{
    std::atomic<bool> readable{true};
    heard_lines log;
    store::memory_store::options chosen;
    chosen.can_read = [&] { return readable.load(); };
    engine_options options;
    options.log = [&](const log_line& line) { log.add(line.text); };
    options.keep_finished = 1ms;
    opened_engine shop(std::make_shared<store::memory_store>(std::move(chosen)), std::move(options));
    shop.add("twice", twice);
    shop.core->open();
    EXPECT_EQ(shop.start(twice, "a", 1)->text(), "ok");
    EXPECT_EQ(shop.ask(request_kind::result, twice, "a")->text(), "2");
    const base::time_us alarm = shop.time->await_alarm();
    readable = false;
    shop.time->advance_to(alarm);
    log.await("finished runs cannot be read, which is tried again in a minute");
    EXPECT_EQ(shop.time->await_alarm(), alarm + minute);
    readable = true;
    shop.time->advance_to(alarm + minute);
    shop.time->await_alarm();
    EXPECT_EQ(shop.core->metrics().runs_deleted, 1u);
}

// Ids of an old journal.

constexpr std::uint64_t slab_runs = 64 * 16'384;

std::shared_ptr<store::memory_store> journal_with(std::uint64_t next_run, std::optional<std::uint64_t> id_of)
{
    store::memory_store made;
    store::batch rows;
    const journal::meta_record meta{.format = journal::journal_format, .epoch = 1, .next_run = next_run, .clock = 0};
    rows.put(journal::table::meta, {0, 0}, journal::encode({0, 0}, meta));
    if (id_of)
    {
        const auto at = journal::id_key(base::run_number{*id_of}, 77);
        rows.put(journal::table::id, at, journal::encode_id(at, base::run_number{*id_of}));
    }
    const store::batch* part = &rows;
    made.commit({&part, 1});
    return made.clone();
}

std::uint64_t first_slab_of(std::shared_ptr<store::memory_store> journal)
{
    opened_engine shop(std::move(journal));
    shop.core->open();
    while (!shop.core->ids.is_complete())
        std::this_thread::yield();
    return shop.core->ids.first_slab();
}

TEST(IdsOfAnOldJournal, AreSoughtFromTheFirstThatIsLeft)
{
    EXPECT_EQ(first_slab_of(journal_with(9 * slab_runs + 5, 3 * slab_runs + 5)), 3u);
}

TEST(IdsOfAnOldJournal, OfWhichNoneIsLeftAreSoughtWhereNewOnesCome)
{
    EXPECT_EQ(first_slab_of(journal_with(9 * slab_runs + 5, {})), 9u);
    EXPECT_EQ(first_slab_of(journal_with(9 * slab_runs, {})), 8u) << "of the highest number that was given";
}
}
}
