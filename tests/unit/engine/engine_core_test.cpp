// Opening, closing, and what an engine writes for itself.

#include "opened_engine.hpp"

#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace everstep::core
{
namespace
{
using detail::request_kind;
using test::fate;
using journal::table;
constexpr journal::record_key meta_key{0, 0};

workflow<int> seven(context&, int)
{
    co_return 7;
}

/// Records what it draws, and does nothing outside.
workflow<int> draws(context& ctx, int)
{
    const std::uint64_t first = ctx.random();
    const std::uint64_t second = ctx.random();
    co_return first == second ? 1 : 2;
}

workflow<int> naps(context& ctx, int)
{
    co_await ctx.sleep_for(std::chrono::seconds(5));
    co_return 1;
}

/// Where bodies wait for the test.
struct waiting_room
{
    std::latch* leave{};
    std::atomic<int> entered{};
};

workflow<int> waits_in_body(context& ctx, int)
{
    co_return co_await ctx.step("wait", [](attempt& a) {
        waiting_room& room = a.use<waiting_room>();
        ++room.entered;
        room.entered.notify_all();
        room.leave->wait();
        return 1;
    });
}

std::shared_ptr<store::memory_store> store_with(const journal::meta_record& meta)
{
    auto made = std::make_shared<store::memory_store>();
    store::batch rows;
    rows.put(table::meta, meta_key, journal::encode(meta_key, meta));
    const store::batch* part = &rows;
    made->commit({&part, 1});
    return std::shared_ptr(made->clone()); // the next to commit is another thread
}

std::optional<journal::meta_record> meta_of(const store::store& in)
{
    std::optional<journal::meta_record> meta;
    in.read([&](const store::snapshot& now) {
        if (const auto value = now.get(table::meta, meta_key))
            meta = journal::decode_meta(meta_key, *value);
    });
    return meta;
}

std::optional<errc> refusal(opened_engine& of)
{
    try
    {
        of.core->open();
    }
    catch (const engine_error& e)
    {
        return e.why();
    }
    return std::nullopt;
}

std::shared_ptr<store::memory_store> doomed(fate what)
{
    return std::make_shared<store::memory_store>(store::memory_store::options{.decide = [what](std::uint64_t) { return what; }});
}

// Opening.

TEST(EngineCore, OpenMakesOneCommit)
{
    opened_engine engine;
    engine.core->open();
    EXPECT_EQ(engine.store->commits(), 1u);
}

TEST(EngineCore, OpenCountsTheEpoch)
{
    opened_engine engine(store_with({.format = journal::journal_format, .epoch = 41, .next_run = 1, .clock = 0}));
    engine.core->open();
    EXPECT_EQ(meta_of(*engine.store).value().epoch, 42u);
}

TEST(EngineCore, OpenPromisesTimeAhead)
{
    opened_engine engine;
    engine.core->open();
    EXPECT_GT(meta_of(*engine.store).value().clock, opened_engine::begin_of_time);
}

TEST(EngineCore, EngineTimeBeginsWhereThePromiseEnded)
{
    constexpr base::time_us ahead = opened_engine::begin_of_time + 77'000'000;
    opened_engine engine(store_with({.format = journal::journal_format, .epoch = 1, .next_run = 1, .clock = ahead}));
    engine.core->open();
    EXPECT_EQ(engine.time->now(), ahead);
}

TEST(EngineCore, RunNumbersGoOn)
{
    opened_engine engine(store_with({.format = journal::journal_format, .epoch = 1, .next_run = 500, .clock = 0}));
    engine.core->open();
    EXPECT_EQ(base::to_integer(engine.core->take_run_number()), 500u);
}

TEST(EngineCore, RunNumbersGoOnBehindTheLastRun)
{
    auto store = std::make_shared<store::memory_store>();
    {
        opened_engine first(store);
        first.add("seven", seven).core->open();
        for (int n = 0; n < 10; ++n)
            first.start(seven, std::to_string(n), 1)->value();
    }
    opened_engine again(std::shared_ptr(store->clone()));
    again.core->open();
    EXPECT_EQ(base::to_integer(again.core->take_run_number()), 11u);
}

TEST(EngineCore, ARunThatNeitherWaitsNorActsOutsideTakesOneCommit)
{
    opened_engine engine;
    engine.add("draws", draws).core->open();
    const std::uint64_t before = engine.store->commits();
    engine.start(draws, "a", 1)->value();
    engine.ask(request_kind::result, draws, "a")->value();
    EXPECT_EQ(engine.store->commits() - before, 1u);
}

TEST(EngineCore, AWaitTakesOneCommitMore)
{
    opened_engine engine;
    engine.add("naps", naps).core->open();
    const std::uint64_t before = engine.store->commits();
    engine.start(naps, "a", 1)->value();
    const auto result = engine.ask(request_kind::result, naps, "a");
    engine.time->advance_by(5'000'000);
    result->value();
    EXPECT_EQ(engine.store->commits() - before, 2u);
}

TEST(EngineCore, PromisedTimeIsAheadOfEveryEntry)
{
    opened_engine engine;
    engine.add("naps", naps).core->open();
    engine.start(naps, "a", 1)->value();
    engine.time->advance_to(engine.time->await_alarm());
    engine.ask(request_kind::result, naps, "a")->value();
    EXPECT_GT(meta_of(*engine.store).value().clock, opened_engine::begin_of_time + 5'000'000);
}

TEST(EngineCore, NewerJournalIsRefused)
{
    opened_engine engine(store_with({.format = journal::journal_format + 1, .epoch = 1, .next_run = 1, .clock = 0}));
    EXPECT_EQ(refusal(engine), errc::newer_format);
}

TEST(EngineCore, NothingIsWrittenToANewerJournal)
{
    opened_engine engine(store_with({.format = journal::journal_format + 1, .epoch = 1, .next_run = 1, .clock = 0}));
    refusal(engine);
    EXPECT_EQ(engine.store->commits(), 0u);
}

TEST(EngineCore, DamagedJournalIsRefused)
{
    auto store = std::make_shared<store::memory_store>();
    store::batch rows;
    rows.put(table::meta, meta_key, "\x01 what is this?");
    const store::batch* part = &rows;
    store->commit({&part, 1});
    opened_engine engine(std::shared_ptr(store->clone()));
    EXPECT_EQ(refusal(engine), errc::damaged);
}

TEST(EngineCore, JournalWithoutRoomIsRefused)
{
    opened_engine engine(doomed(fate::full));
    EXPECT_EQ(refusal(engine), errc::no_space);
}

TEST(EngineCore, JournalThatCannotBeWrittenIsRefused)
{
    opened_engine engine(doomed(fate::unknown_absent));
    EXPECT_EQ(refusal(engine), errc::io);
}

TEST(EngineCore, EngineIsOpenedOnce)
{
    opened_engine engine;
    engine.core->open();
    EXPECT_EQ(refusal(engine), errc::wrong_use);
}

TEST(EngineCore, RefusedEngineIsNotOpenedAgain)
{
    opened_engine engine(doomed(fate::full));
    refusal(engine);
    EXPECT_EQ(refusal(engine), errc::wrong_use);
}

TEST(EngineCore, RefusedEngineAnswersThatItIsClosed)
{
    opened_engine engine(doomed(fate::full));
    engine.add("seven", seven);
    refusal(engine);
    EXPECT_EQ(engine.start(seven, "a", 1)->text(), "refused closed");
}

// Closing.

TEST(EngineCore, EngineThatWasNeverOpenedCloses)
{
    opened_engine engine;
    EXPECT_TRUE(engine.core->close(std::chrono::milliseconds(0)).empty());
}

TEST(EngineCore, ClosedEngineClosesAgain)
{
    opened_engine engine;
    engine.core->open();
    engine.close();
    EXPECT_TRUE(engine.core->close(std::chrono::milliseconds(0)).empty());
}

class EngineCoreClosing : public testing::Test
{
protected:
    EngineCoreClosing()
    {
        room_.leave = &leave_;
        engine_.core->given.add(room_);
        engine_.add("waits_in_body", waits_in_body).add("naps", naps).core->open();
        engine_.start(waits_in_body, "a", 1)->value();
        room_.entered.wait(0);
    }
    ~EngineCoreClosing() override
    {
        if (!left_)
            leave_.count_down();
    }
    void leave()
    {
        left_ = true;
        leave_.count_down();
    }

    std::latch leave_{1};
    bool left_{};
    waiting_room room_;
    opened_engine engine_;
};

TEST_F(EngineCoreClosing, BodyThatRunsOnIsNamed)
{
    EXPECT_EQ(engine_.core->close(std::chrono::milliseconds(0)), std::vector<std::string>{"waits_in_body/a step wait"});
    leave();
}

TEST_F(EngineCoreClosing, WaitingCallersAreRefusedAheadOfTheBody)
{
    const auto result = engine_.ask(request_kind::result, waits_in_body, "a");
    engine_.core->close(std::chrono::milliseconds(0));
    EXPECT_EQ(result->text(), "refused closed");
    leave();
}

TEST_F(EngineCoreClosing, RequestsAreRefusedWhileABodyRunsOn)
{
    engine_.core->close(std::chrono::milliseconds(0));
    EXPECT_EQ(engine_.start(naps, "b", 1)->text(), "refused closed");
    leave();
}

TEST_F(EngineCoreClosing, ResultOfTheLastBodyIsInTheJournal)
{
    engine_.core->close(std::chrono::milliseconds(0));
    leave();
    engine_.close();
    opened_engine again(std::shared_ptr(engine_.store->clone()));
    again.core->given.add(room_);
    again.add("waits_in_body", waits_in_body).core->open();
    EXPECT_EQ(again.ask(request_kind::result, waits_in_body, "a")->text(), "1");
    EXPECT_EQ(room_.entered, 1);
}

TEST(EngineCore, ReceiverMayCloseTheEngine)
{
    struct closer final : detail::receiver
    {
        explicit closer(opened_engine& of) : of_(of) {}
        void take(detail::answer&&) noexcept override { of_.close(); }
        opened_engine& of_;
    };
    opened_engine engine;
    engine.add("seven", seven).core->open();
    engine.start(seven, "a", 1)->value();
    engine.ask(request_kind::result, seven, "a")->value();
    detail::submit(engine.core, {request_kind::status, admission::wait, test::fake_host::key_of(seven), "a", {}}, std::make_unique<closer>(engine));
    EXPECT_FALSE(engine.core->is_open());
}

// Crash loops.

class temporary_folder
{
public:
    temporary_folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "everstep_XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~temporary_folder() { std::filesystem::remove_all(path); }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    std::filesystem::path path;
};

/// Lives of one journal; each ends, for the next, while a body is in flight.
class EngineCoreDeaths : public testing::Test
{
protected:
    EngineCoreDeaths() { room_.leave = &leave_; }
    ~EngineCoreDeaths() override { leave_.count_down(); }

    opened_engine& open(std::uint32_t deaths_max)
    {
        auto store = lives_.empty() ? std::make_shared<store::memory_store>() : std::shared_ptr(lives_.back()->store->clone());
        folders_.push_back(std::make_unique<temporary_folder>());
        if (!lives_.empty())
            std::filesystem::copy((*(folders_.end() - 2))->path / "inflight.map", folders_.back()->path / "inflight.map");
        engine_options options;
        options.journal = folders_.back()->path.string();
        options.crash_loop_deaths = deaths_max;
        lives_.push_back(std::make_unique<opened_engine>(store, options));
        lives_.back()->core->given.add(room_);
        lives_.back()->add("waits_in_body", waits_in_body).core->open();
        return *lives_.back();
    }
    void live_and_die(std::uint32_t deaths_max)
    {
        const int before = room_.entered;
        opened_engine& engine = open(deaths_max);
        if (lives_.size() == 1)
            engine.start(waits_in_body, "a", 1);
        room_.entered.wait(before);
    }

    std::latch leave_{1};
    waiting_room room_;
    std::vector<std::unique_ptr<temporary_folder>> folders_;
    std::vector<std::unique_ptr<opened_engine>> lives_;
};

TEST_F(EngineCoreDeaths, StepThatIsInFlightAtThreeDeathsParks)
{
    for (int life = 0; life < 3; ++life)
        live_and_die(3);
    EXPECT_EQ(open(3).ask(request_kind::result, waits_in_body, "a")->text().substr(0, 18), "failed crash_loop:");
}

TEST_F(EngineCoreDeaths, StepThatIsInFlightAtTwoDeathsRuns)
{
    for (int life = 0; life < 3; ++life)
        live_and_die(3);
    EXPECT_EQ(room_.entered, 3);
}

TEST_F(EngineCoreDeaths, ResumedStepRunsAgain)
{
    live_and_die(1);
    opened_engine& engine = open(1);
    engine.ask(request_kind::result, waits_in_body, "a")->value();
    engine.ask(request_kind::resume, waits_in_body, "a")->value();
    room_.entered.wait(1);
    EXPECT_EQ(room_.entered, 2);
}
}
}
