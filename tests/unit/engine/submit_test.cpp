// How requests come in: what is refused before a shard hears of it, blocking calls, and what answers are thrown as.

#include "opened_engine.hpp"

#include <everstep/async.hpp>
#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace everstep::core
{
namespace
{
using detail::answer;
using detail::answer_kind;
using detail::request_kind;
using test::fake_host;

workflow<int> seven(context&, int)
{
    co_return 7;
}

workflow<int> eight(context&, int)
{
    co_return 8;
}

constexpr step_options on_shard{.retry = {.attempts = 1}, .timeout = {}, .place = step_place::shard};

/// What a body finds out about the engine that runs it.
struct asker
{
    std::weak_ptr<detail::engine_core> core;
};

workflow<int> asks_from_its_shard(context& ctx, int)
{
    co_return co_await ctx.step("ask", on_shard, [](attempt& a) {
        detail::ask(a.use<asker>().core, {request_kind::result, admission::wait, fake_host::key_of(seven), "a", {}});
        return 0;
    });
}

workflow<int> closes_from_its_shard(context& ctx, int)
{
    co_return co_await ctx.step("close", on_shard, [](attempt& a) {
        a.use<asker>().core.lock()->close(std::chrono::milliseconds(0));
        return 0;
    });
}

class Submit : public testing::Test
{
protected:
    Submit() { engine_.add("seven", seven); }

    opened_engine engine_;
};

TEST_F(Submit, RequestBeforeOpenIsRefused)
{
    EXPECT_EQ(engine_.start(seven, "a", 1)->text(), "refused wrong_use: the engine is not open yet: call open() first");
}

TEST_F(Submit, RequestAfterCloseIsRefused)
{
    engine_.core->open();
    engine_.close();
    EXPECT_EQ(engine_.start(seven, "a", 1)->text(), "refused closed");
}

TEST_F(Submit, WorkflowThatWasNotAddedIsRefused)
{
    engine_.core->open();
    EXPECT_EQ(engine_.start(eight, "a", 1)->text(), "refused wrong_use: this workflow was not added: call engine::add before open");
}

TEST_F(Submit, EmptyIdIsRefused)
{
    engine_.core->open();
    EXPECT_EQ(engine_.start(seven, "", 1)->text(), "refused limit: a run id has 1 to 255 bytes, this one has 0");
}

TEST_F(Submit, LongestIdIsTaken)
{
    engine_.core->open();
    EXPECT_EQ(engine_.start(seven, std::string(255, 'i'), 1)->text(), "ok");
}

TEST_F(Submit, IdBeyondTheLimitIsRefused)
{
    engine_.core->open();
    EXPECT_EQ(engine_.start(seven, std::string(256, 'i'), 1)->value().why, errc::limit);
}

TEST_F(Submit, InputBeyondTheLimitIsRefused)
{
    engine_.core->options.payload_bytes_max = 2;
    engine_.core->open();
    EXPECT_EQ(engine_.start(seven, "a", 123)->text(),
              "refused limit: an input of 3 bytes is over payload_bytes_max (2): keep it outside and pass a reference");
}

TEST_F(Submit, InputAtTheLimitIsTaken)
{
    engine_.core->options.payload_bytes_max = 2;
    engine_.core->open();
    EXPECT_EQ(engine_.start(seven, "a", 12)->text(), "ok");
}

TEST_F(Submit, FinishedRunIsAnsweredOnTheCallersThread)
{
    engine_.core->open();
    engine_.start(seven, "a", 1)->value();
    engine_.ask(request_kind::result, seven, "a")->value();
    EXPECT_TRUE(engine_.ask(request_kind::result, seven, "a")->has_come());
}

TEST_F(Submit, BlockingCallWaitsForItsAnswer)
{
    engine_.core->open();
    detail::ask(engine_.core, {request_kind::start, admission::wait, fake_host::key_of(seven), "a", "1"});
    EXPECT_EQ(detail::ask(engine_.core, {request_kind::result, admission::wait, fake_host::key_of(seven), "a", {}}).bytes, "7");
}

TEST_F(Submit, BlockingCallFromAShardWouldDeadlock)
{
    asker service{engine_.core};
    engine_.core->given.add(service);
    engine_.add("asks", asks_from_its_shard).core->open();
    engine_.start(asks_from_its_shard, "b", 1)->value();
    EXPECT_EQ(engine_.ask(request_kind::result, asks_from_its_shard, "b")->value().code, "would_deadlock");
    engine_.close();
}

TEST_F(Submit, ClosingFromAShardWouldDeadlock)
{
    asker service{engine_.core};
    engine_.core->given.add(service);
    engine_.add("closes", closes_from_its_shard).core->open();
    engine_.start(closes_from_its_shard, "b", 1)->value();
    EXPECT_EQ(engine_.ask(request_kind::result, closes_from_its_shard, "b")->value().code, "would_deadlock");
    engine_.close();
}

TEST(SubmitGone, RequestToAnEngineThatIsGoneIsRefused)
{
    const auto got = std::make_shared<test::given_answer>();
    detail::submit({}, {}, std::make_unique<test::given_answer::end>(got));
    EXPECT_EQ(got->text(), "refused closed");
}

TEST(SubmitGone, BlockingCallToAnEngineThatIsGoneIsRefused) { EXPECT_EQ(detail::ask({}, {}).why, errc::closed); }

TEST(SubmitGone, EngineThatIsGoneHasNoExecutor) { EXPECT_FALSE(detail::default_executor({})); }

// What answers are thrown as.

answer refused(errc why, std::string text = {})
{
    answer a;
    a.what = answer_kind::engine_error;
    a.why = why;
    a.text = std::move(text);
    return a;
}

TEST(Answer, ValueIsNoException) { EXPECT_EQ(detail::exception_of(answer()), nullptr); }

TEST(Answer, FailedRunKeepsItsCode)
{
    answer a;
    a.what = answer_kind::run_failed;
    a.code = "no_stock";
    try
    {
        detail::raise_unless_value(a);
        FAIL();
    }
    catch (const run_failed& e)
    {
        EXPECT_EQ(e.code(), "no_stock");
    }
}

TEST(Answer, MissingReplyIsNoReply)
{
    answer a;
    a.what = answer_kind::no_reply;
    EXPECT_THROW(detail::raise_unless_value(a), no_reply);
}

TEST(Answer, ClosedEngineIsEngineClosed) { EXPECT_THROW(detail::raise_unless_value(refused(errc::closed)), engine_closed); }

TEST(Answer, RefusalKeepsItsReason)
{
    try
    {
        detail::raise_unless_value(refused(errc::conflict, "another input"));
        FAIL();
    }
    catch (const engine_error& e)
    {
        EXPECT_EQ(e.why(), errc::conflict);
        EXPECT_EQ(e.text(), "another input");
    }
}

TEST(Answer, UnknownOutcomeSaysWhatToDo)
{
    try
    {
        detail::raise_unless_value(refused(errc::unknown));
        FAIL();
    }
    catch (const engine_error& e)
    {
        EXPECT_NE(e.text().find("open the journal again"), std::string::npos);
    }
}

// Small services.

TEST(EngineLog, LogThatThrowsStopsNothing)
{
    engine_options options;
    options.log = [](const log_line&) { throw std::runtime_error("full"); };
    opened_engine engine(std::make_shared<store::memory_store>(), options);
    engine.core->log(severity::error, "text");
    engine.core->open();
    EXPECT_TRUE(engine.core->is_open());
}

TEST(EngineLog, MissingCodeIsReportedOnceAName)
{
    int lines = 0;
    engine_options options;
    options.log = [&lines](const log_line&) { ++lines; };
    opened_engine engine(std::make_shared<store::memory_store>(), options);
    for (std::uint64_t run = 1; run <= 5; ++run)
        engine.core->missing_code("shop", base::run_number{run});
    EXPECT_EQ(lines, 1);
}

TEST(EngineMetrics, MissingCodeIsCountedForEachRun)
{
    opened_engine engine;
    for (std::uint64_t run = 1; run <= 5; ++run)
        engine.core->missing_code("shop", base::run_number{run});
    EXPECT_EQ(engine.core->metrics().runs_without_code, 5u);
}

TEST(EngineMetrics, FinishedRunsAreCounted)
{
    opened_engine engine;
    engine.add("seven", seven).core->open();
    engine.start(seven, "a", 1)->value();
    engine.ask(request_kind::result, seven, "a")->value();
    EXPECT_EQ(engine.core->metrics().runs_completed, 1u);
}

TEST(EngineMetrics, ClosedEngineStillCounts)
{
    opened_engine engine;
    engine.add("seven", seven).core->open();
    engine.start(seven, "a", 1)->value();
    engine.ask(request_kind::result, seven, "a")->value();
    engine.close();
    EXPECT_EQ(engine.core->metrics().runs_completed, 1u);
}
}
}
