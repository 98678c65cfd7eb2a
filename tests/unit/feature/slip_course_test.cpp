#include "feature/slip_course.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace everstep::core
{
namespace
{
using detail::slip_record;
using detail::slip_verdict;

slip_record completed(const char* log = nullptr)
{
    slip_record how;
    if (log)
    {
        how.has_log = true;
        how.log = log;
    }
    return how;
}
slip_record verdict(slip_verdict what)
{
    slip_record how;
    how.what = what;
    how.code = "why";
    how.text = "because";
    return how;
}

routing_slip slip_of(const std::vector<std::string>& activities)
{
    routing_slip slip;
    for (const std::string& one : activities)
        slip.route.add(one);
    return slip;
}
std::string name_of_next(const slip_course& at) { return at.next() ? at.next()->activity : "none"; }
std::string name_to_compensate(const slip_course& at) { return at.to_compensate() ? at.to_compensate()->item.activity : "none"; }
std::string states_of(slip_course& at)
{
    std::string text;
    for (const activity_record& one : at.take_outcome().activities)
        text += one.activity + " " + decode<std::string>(encode(one.state)) + ", ";
    return text;
}

/// a and c have left a log, d faults.
slip_course faulted(after_failed then = after_failed::stop)
{
    routing_slip slip = slip_of({"a", "b", "c", "d", "e"});
    slip.after_failed_compensation = then;
    slip_course at(std::move(slip), "n");
    at.ended(completed("A"));
    at.ended(completed());
    at.ended(completed("C"));
    at.failed("why", "because");
    return at;
}

TEST(SlipCourse, GoesThroughItsItineraryToItsEnd)
{
    slip_course at(slip_of({"a", "b"}), "n");
    EXPECT_EQ(name_of_next(at), "a");
    EXPECT_EQ(at.rest().size(), 1u);
    at.ended(completed("A"));
    EXPECT_EQ(name_of_next(at), "b");
    EXPECT_EQ(at.rest().size(), 0u);
    EXPECT_EQ(at.count(), 1u);
    at.ended(completed("B"));
    EXPECT_EQ(name_of_next(at), "none");
    EXPECT_EQ(at.rest().size(), 0u);
    EXPECT_EQ(name_to_compensate(at), "none");
    EXPECT_EQ(at.state(), slip_state::completed);
}

TEST(SlipCourse, FaultTurnsItBackOverThoseThatLeftALog)
{
    slip_course at = faulted();
    EXPECT_EQ(name_of_next(at), "none");
    EXPECT_EQ(name_to_compensate(at), "c");
    EXPECT_EQ(at.place_to_compensate(), 2u);
    EXPECT_EQ(at.to_compensate()->log, boost::json::value("C"));
    at.compensated(completed());
    EXPECT_EQ(name_to_compensate(at), "a");
    at.compensated(completed());
    EXPECT_EQ(name_to_compensate(at), "none");
    EXPECT_EQ(at.state(), slip_state::faulted);
    EXPECT_EQ(states_of(at), "a compensated, b completed, c compensated, d faulted, ");
}

TEST(SlipCourse, OutcomeNamesWhatWasNotExecuted)
{
    slip_course at = faulted();
    EXPECT_EQ(at.take_outcome().skipped, std::vector<std::string>{"e"});
}

TEST(SlipCourse, FailedCompensationIsTheEnd)
{
    slip_course at = faulted();
    at.compensation_failed("no", "never");
    EXPECT_EQ(name_to_compensate(at), "none");
    EXPECT_EQ(at.state(), slip_state::compensation_failed);
    EXPECT_EQ(states_of(at), "a completed, b completed, c compensation_failed, d faulted, ");
}

TEST(SlipCourse, FailedCompensationIsNotTheEndWhereItGoesOn)
{
    slip_course at = faulted(after_failed::go_on);
    at.compensation_failed("no", "never");
    EXPECT_EQ(name_to_compensate(at), "a");
    at.compensated(completed());
    EXPECT_EQ(at.state(), slip_state::compensation_failed);
    EXPECT_EQ(states_of(at), "a compensated, b completed, c compensation_failed, d faulted, ");
}

TEST(SlipCourse, RevisedItineraryBeginsAtItsBegin)
{
    slip_course at(slip_of({"a", "b"}), "n");
    slip_record how = verdict(slip_verdict::revised);
    how.route.add("x").add("y");
    at.ended(std::move(how));
    EXPECT_EQ(name_of_next(at), "x");
    EXPECT_EQ(at.rest().size(), 1u);
    EXPECT_EQ(at.take_outcome().skipped, (std::vector<std::string>{"x", "y"}));
}

TEST(SlipCourse, TerminatedHasNothingLeftToDo)
{
    slip_course at(slip_of({"a", "b", "c"}), "n");
    at.ended(completed("A"));
    at.ended(verdict(slip_verdict::terminated));
    EXPECT_EQ(name_of_next(at), "none");
    EXPECT_EQ(name_to_compensate(at), "none");
    EXPECT_EQ(at.state(), slip_state::terminated);
}

TEST(SlipCourse, FaultedEndWithALogIsCompensatedAsWell)
{
    slip_course at(slip_of({"a", "b"}), "n");
    at.ended(completed("A"));
    slip_record how = verdict(slip_verdict::faulted);
    how.has_log = true;
    at.ended(std::move(how));
    EXPECT_EQ(name_to_compensate(at), "b");
}

TEST(SlipCourse, CancelTurnsBackASlipThatIsUnderWay)
{
    slip_course at(slip_of({"a", "b"}), "n");
    at.ended(completed("A"));
    at.cancel("enough");
    EXPECT_TRUE(at.is_cancelled());
    EXPECT_EQ(name_of_next(at), "none");
    EXPECT_EQ(name_to_compensate(at), "a");
    const slip_outcome end = at.take_outcome();
    EXPECT_EQ(end.code + ": " + end.text, "cancelled: enough");
}

TEST(SlipCourse, CancelLeavesTheReasonOfAFaultAndWhatIsCompensatedAlready)
{
    slip_course at = faulted();
    at.compensated(completed());
    at.cancel("enough");
    EXPECT_EQ(name_to_compensate(at), "a");
    EXPECT_EQ(at.take_outcome().code, "why");
}

TEST(SlipCourse, CancelOfATerminatedSlipIsNone)
{
    slip_course at(slip_of({"a"}), "n");
    at.ended(verdict(slip_verdict::terminated));
    at.cancel("enough");
    EXPECT_FALSE(at.is_cancelled());
    EXPECT_EQ(at.state(), slip_state::terminated);
}

TEST(SlipCourse, LogsAreCountedWhileTheyFit)
{
    slip_course at(slip_of({"a", "b", "c"}), "n");
    at.ended(completed("123456"));
    EXPECT_EQ(at.log_bytes(), 8u) << "as JSON";
    slip_record large = verdict(slip_verdict::faulted);
    large.has_log = true;
    large.log = std::string(slip_part_bytes_max, 'x');
    at.ended(std::move(large));
    EXPECT_EQ(at.log_bytes(), 8u);
    EXPECT_EQ(at.to_compensate()->log.as_string().size(), slip_part_bytes_max);
    EXPECT_TRUE(at.take_outcome().activities[1].log.is_null());
}

TEST(SlipCourse, CancelledSlipIsToldOfWithoutAnActivity)
{
    routing_slip slip = slip_of({"a", "b"});
    slip.tell("trips");
    slip_course at(std::move(slip), "n");
    at.ended(completed());
    at.cancel("enough");
    const slip_publications last = at.finish();
    ASSERT_EQ(last.size(), 1u);
    EXPECT_EQ(last[0].notice.what, slip_event::faulted);
    EXPECT_EQ(last[0].notice.activity, "");
    EXPECT_EQ(last[0].notice.text, "enough");
}

TEST(SlipCourse, EverySubscriptionThatWantsAnEventIsTold)
{
    routing_slip slip = slip_of({"a"});
    slip.tell("all").tell("ends", {slip_event::completed}).tell("of b", {}, {}, {"b"});
    slip_course at(std::move(slip), "n");
    EXPECT_EQ(at.ended(completed()).size(), 1u);
    EXPECT_EQ(at.finish().size(), 3u);
}
}
}
