#include "engine/body_job.hpp"
#include "place_jobs.hpp"

#include <gtest/gtest.h>

#include <new>
#include <optional>
#include <stdexcept>
#include <unwind.h>

namespace
{
using namespace everstep;
using namespace everstep::core;

struct odd_type
{
};

class BodyJob : public testing::Test
{
protected:
    body_job& run(made_operation::body does)
    {
        body_job& job = jobs_.add("step", std::move(does));
        job.run();
        return job;
    }
    template <class Error>
    body_job& thrown(Error error)
    {
        return run([error](attempt&) -> std::string { throw error; });
    }

    waiting_room home_;
    job_list jobs_{home_};
};

TEST_F(BodyJob, ValueIsKeptEncoded)
{
    const body_job& job = run([](attempt& a) { return a.token() + std::to_string(a.number()); });
    EXPECT_EQ(job.end, body_end::value);
    EXPECT_EQ(job.encoded, "token1");
}

TEST_F(BodyJob, RunDoesNotHandBack)
{
    run([](attempt&) { return "1"; });
    EXPECT_TRUE(home_.back().empty());
}

TEST_F(BodyJob, PermanentErrorIsFinalWithItsOwnCode)
{
    const body_job& job = thrown(permanent_error{"no_stock", "sku 4711 is sold out"});
    EXPECT_EQ(job.end, body_end::permanent);
    EXPECT_EQ(job.code, "no_stock");
    EXPECT_EQ(job.text, "sku 4711 is sold out");
}

TEST_F(BodyJob, RetryAfterKeepsItsDelay)
{
    const body_job& job = thrown(retry_after{std::chrono::seconds{3}});
    EXPECT_EQ(job.end, body_end::later);
    EXPECT_EQ(job.delay, std::chrono::seconds{3});
}

TEST_F(BodyJob, NegativeDelayIsAtOnce)
{
    EXPECT_EQ(thrown(retry_after{std::chrono::seconds{-3}}).delay, std::chrono::seconds{0});
}

TEST_F(BodyJob, ResultThatCannotBeEncodedIsFinal)
{
    const body_job& job = thrown(codec_error{"cents is NaN"});
    EXPECT_EQ(job.end, body_end::permanent);
    EXPECT_EQ(job.code, "bad_value");
}

TEST_F(BodyJob, ErrorOfOursKeepsItsCode)
{
    const body_job& job = thrown(error{"busy", "come again"});
    EXPECT_EQ(job.end, body_end::failed);
    EXPECT_EQ(job.code, "busy");
    EXPECT_EQ(job.text, "come again");
}

TEST_F(BodyJob, StandardExceptionIsNamedByItsType)
{
    const body_job& job = thrown(std::runtime_error{"no route"});
    EXPECT_EQ(job.end, body_end::failed);
    EXPECT_EQ(job.code, "std::runtime_error");
    EXPECT_EQ(job.text, "no route");
}

TEST_F(BodyJob, ThrownNumberIsNamedByItsType)
{
    const body_job& job = thrown(42);
    EXPECT_EQ(job.end, body_end::failed);
    EXPECT_EQ(job.code, "int");
    EXPECT_NE(job.text.find("int"), std::string::npos);
}

TEST_F(BodyJob, ThrownTypeOfTheUserIsNamed)
{
    EXPECT_NE(thrown(odd_type{}).code.find("odd_type"), std::string::npos);
}

TEST_F(BodyJob, CancelledThrownByABodyIsAFailureLikeAnyOther)
{
    const body_job& job = thrown(cancelled{"by hand"});
    EXPECT_EQ(job.end, body_end::failed);
    EXPECT_NE(job.code.find("cancelled"), std::string::npos);
}

TEST_F(BodyJob, ExceptionOfAnotherLanguageIsAFailure)
{
    static _Unwind_Exception foreign;
    const body_job& job = run(
        [](attempt&) -> std::string
        {
            foreign = {};
            foreign.exception_class = 0x1234567800000000U;
            _Unwind_RaiseException(&foreign);
            return "not reached";
        });
    EXPECT_EQ(job.end, body_end::failed);
    EXPECT_EQ(job.code, "foreign");
}

TEST_F(BodyJob, ResultAtTheLimitIsKept)
{
    EXPECT_EQ(run([](attempt&) { return std::string(payload_bytes_for_tests, 'x'); }).end, body_end::value);
}

TEST_F(BodyJob, ResultOverTheLimitIsFinalAndSaysBothSizes)
{
    const body_job& job = run([](attempt&) { return std::string(payload_bytes_for_tests + 1, 'x'); });
    EXPECT_EQ(job.end, body_end::permanent);
    EXPECT_EQ(job.code, "limit");
    EXPECT_NE(job.text.find("1001"), std::string::npos);
    EXPECT_NE(job.text.find("1000"), std::string::npos);
    EXPECT_TRUE(job.encoded.empty());
}

TEST_F(BodyJob, EndlessTextIsCutBetweenCharacters)
{
    std::string text;
    while (text.size() < 10'000)
        text += "\xE2\x82\xAC"; // three bytes each
    const body_job& job = thrown(std::runtime_error{text});
    EXPECT_LE(job.text.size(), 4096U);
    EXPECT_EQ(job.text.size() % 3, 0U);
}

TEST_F(BodyJob, MissingMemoryInTheBodyIsAFailure)
{
    EXPECT_EQ(thrown(std::bad_alloc{}).code, "std::bad_alloc");
}

TEST_F(BodyJob, UndoIsCalledWithTheRecordedResult)
{
    body_job& job = jobs_.add("step", [](attempt&) { return "body"; });
    job.is_undo = true;
    job.undo_of = "cannot";
    job.run();
    EXPECT_EQ(job.end, body_end::permanent);
    EXPECT_EQ(job.code, "stuck");
}

TEST_F(BodyJob, UndoWithoutAnErrorIsAValue)
{
    body_job& job = jobs_.add("step", [](attempt&) { return "body"; });
    job.is_undo = true;
    job.run();
    EXPECT_EQ(job.end, body_end::value);
    EXPECT_EQ(job.encoded, "null");
}

TEST_F(BodyJob, StopReachesTheBody)
{
    body_job& job = jobs_.add("step", [](attempt& a) { return a.stop().stop_requested() ? "stopped" : "not"; });
    job.ask_to_stop();
    job.run();
    EXPECT_EQ(job.encoded, "stopped");
}

TEST_F(BodyJob, ProgressOfTheBodyIsKept)
{
    const body_job& job = run([](attempt& a) -> std::string {
        a.heartbeat(16);
        a.heartbeat(17);
        throw std::runtime_error{"no line"};
    });
    EXPECT_EQ(job.heart()->progress(), "17");
}

TEST_F(BodyJob, BodyThatSaysNothingHasNoHeart)
{
    EXPECT_EQ(run([](attempt& a) {
        a.heartbeat();
        return "1";
    }).heart(), nullptr);
}

TEST_F(BodyJob, PulseDoesNothingOnceTheBodyHasReturned)
{
    std::optional<pulse> kept;
    const body_job& job = run([&](attempt& a) {
        kept = a.pulse();
        kept->beat(1);
        return "1";
    });
    kept->beat(2);
    EXPECT_EQ(job.heart()->progress(), "1");
}

TEST_F(BodyJob, PulseDoesNothingOnceASpawnedBodyHasEnded)
{
    std::optional<pulse> kept;
    body_job& job = jobs_.add_spawned("step", [&](attempt& a, void*, detail::body_sink& sink) {
        kept = a.pulse();
        kept->beat(1);
        sink.succeeded("17");
    });
    job.spawn(nullptr);
    kept->beat(2);
    EXPECT_EQ(job.heart()->progress(), "1");
}

TEST_F(BodyJob, PulseOutlivesTheJob)
{
    std::optional<pulse> kept;
    {
        job_list jobs{home_};
        jobs.add("step", [&](attempt& a) {
            kept = a.pulse();
            return "1";
        }).run();
    }
    kept->beat(2);
}

TEST_F(BodyJob, ProgressOverTheLimitIsFinalAndSaysBothSizes)
{
    const body_job& job = run([](attempt& a) {
        a.heartbeat(std::string(payload_bytes_for_tests - 1, 'x')); // and two quotes
        return "1";
    });
    EXPECT_EQ(job.end, body_end::permanent);
    EXPECT_EQ(job.code, "limit");
    EXPECT_NE(job.text.find("the progress has 1001 bytes, the limit is 1000"), std::string::npos) << job.text;
}

TEST_F(BodyJob, NextAttemptIsGivenWhatWasSaidBefore)
{
    body_job& job = jobs_.add("step", [](attempt& a) { return std::to_string(a.last_progress<int>().value_or(0)); });
    job.make_heart().set_before("17");
    job.run();
    EXPECT_EQ(job.encoded, "17");
}

TEST_F(BodyJob, FirstAttemptIsGivenNoProgress)
{
    EXPECT_EQ(run([](attempt& a) { return a.last_progress<int>() ? "some" : "none"; }).encoded, "none");
}

TEST_F(BodyJob, OwnProgressIsNotTheLast)
{
    EXPECT_EQ(run([](attempt& a) {
        a.heartbeat(3);
        return a.last_progress<int>() ? "some" : "none";
    }).encoded, "none");
}

TEST_F(BodyJob, SpawnedJobGoesHomeWithItsResult)
{
    body_job& job = jobs_.add_spawned("step", [](attempt&, void*, detail::body_sink& sink) { sink.succeeded("17"); });
    job.spawn(nullptr);
    EXPECT_EQ(job.encoded, "17");
    EXPECT_EQ(home_.back(), std::vector{&job});
}

TEST_F(BodyJob, SpawnedJobGoesWhereItWasSentFirst)
{
    waiting_room place;
    body_job& job = jobs_.add_spawned("step", [](attempt&, void*, detail::body_sink& sink) { sink.succeeded("17"); });
    job.via = &place;
    job.spawn(nullptr);
    EXPECT_EQ(place.back(), std::vector{&job});
    EXPECT_TRUE(home_.back().empty());
}

TEST_F(BodyJob, SpawnedResultOverTheLimitIsFinal)
{
    body_job& job =
        jobs_.add_spawned("step", [](attempt&, void*, detail::body_sink& sink) { sink.succeeded(std::string(5000, 'x')); });
    job.spawn(nullptr);
    EXPECT_EQ(job.code, "limit");
}

TEST_F(BodyJob, SpawnedJobThatThrowsAtOnceGoesHomeFailed)
{
    body_job& job = jobs_.add_spawned("step", [](attempt&, void*, detail::body_sink&) { throw std::runtime_error{"no"}; });
    job.spawn(nullptr);
    EXPECT_EQ(job.end, body_end::failed);
    EXPECT_EQ(home_.back().size(), 1U);
}
}
