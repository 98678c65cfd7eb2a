#include <everstep/routing_slip.hpp>

#include "small_shop.hpp"
#include "travel_bureau.hpp"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>
#include <thread>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

constexpr activity_options impatient{.execute = {.retry = {.first = 0ms, .jitter = 0, .attempts = 3}},
                                     .compensate = {.retry = {.first = 0ms, .jitter = 0, .attempts = 3}}};

/// Flight, hotel and car are bookings, price is a question.
class RoutingSlip : public ::testing::Test
{
protected:
    RoutingSlip()
    {
        given_.add("flight", flight_, impatient).add("hotel", hotel_, impatient).add("car", car_, impatient).add("price", price_);
        shop_->provide(given_);
        trip_.route.add("flight").add("hotel").add("car");
    }

    slip_outcome follow(const routing_slip& slip) { return shop_.start(run_slip, slip).result(); }
    std::string refusal(const routing_slip& slip)
    {
        return failure_of([&] { follow(slip); });
    }
    void car_is_sold_out()
    {
        car_.how = [](booking::execution_type& e) { return e.fault("no_car", "sold out"); };
    }

    travel_diary diary_;
    booking flight_{diary_}, hotel_{diary_}, car_{diary_};
    asking price_{diary_};
    slip_activities given_;
    routing_slip trip_;
    small_shop shop_; ///< last: it ends before what it was given
};

TEST_F(RoutingSlip, ThatCompletesHasExecutedAllInOrderAndCompensatedNothing)
{
    EXPECT_EQ(text_of(follow(trip_)), "completed | flight completed, hotel completed, car completed");
    EXPECT_EQ(diary_.text(), "+flight +hotel +car");
}

TEST_F(RoutingSlip, IsReadFromJson)
{
    const auto slip = decode<routing_slip>(R"({"route":[{"activity":"flight"},{"activity":"car","arguments":{"what":"red"}}]})");
    const slip_outcome end = follow(slip);
    EXPECT_EQ(text_of(end), "completed | flight completed, car completed");
    EXPECT_EQ(encode(end.activities.at(1).log), R"({"what":"red"})");
}

TEST_F(RoutingSlip, OfTheSameIdIsTheSameRun)
{
    follow(trip_);
    EXPECT_EQ(text_of(shop_->start(run_slip, "a", trip_).result()), "completed | flight completed, hotel completed, car completed");
    EXPECT_EQ(diary_.text(), "+flight +hotel +car");
}

TEST_F(RoutingSlip, ArgumentsThatAreMissingOrNullComeFromVariables)
{
    std::string seen;
    flight_.how = [&](booking::execution_type& e) {
        seen = e.arguments().what + " " + e.arguments().city + " " + std::to_string(e.arguments().price);
        return e.completed();
    };
    routing_slip slip;
    slip.route.add("flight", {{"what", "seat"}, {"city", nullptr}});
    slip.set("city", "Rome").set("what", "other").set("weather", "fine");
    follow(slip);
    EXPECT_EQ(seen, "seat Rome 1") << "the item's own, a variable, and the default where there is neither";
}

TEST_F(RoutingSlip, VariablesThatAnActivitySetsAreThereForTheNextAndInTheOutcome)
{
    flight_.how = [](booking::execution_type& e) {
        e.set("city", std::string("Rome"));
        e.set("price", 40);
        EXPECT_EQ(e.variable<int>("price"), 40);
        return e.completed();
    };
    std::string seen;
    hotel_.how = [&](booking::execution_type& e) {
        seen = e.arguments().city + " " + std::to_string(e.variable<int>("price").value_or(0)) + (e.variable<int>("none") ? "!" : "");
        return e.completed();
    };
    const slip_outcome end = follow(trip_);
    EXPECT_EQ(seen, "Rome 40");
    EXPECT_EQ(encode(end.variables), R"({"city":"Rome","price":40})");
}

TEST_F(RoutingSlip, FaultCompensatesWhatHasCompletedNewestFirst)
{
    car_is_sold_out();
    EXPECT_EQ(text_of(follow(trip_)), "faulted no_car: sold out | flight compensated, hotel compensated, car faulted");
    EXPECT_EQ(diary_.text(), "+flight +hotel +car -hotel -flight");
}

TEST_F(RoutingSlip, EachExecutionAndEachCompensationHasATokenOfItsOwn)
{
    car_is_sold_out();
    trip_.route = itinerary().add("flight").add("flight").add("car");
    follow(trip_);
    const std::vector<std::string> tokens = diary_.tokens();
    EXPECT_EQ(std::set<std::string>(tokens.begin(), tokens.end()).size(), 5u);
    for (const std::string& token : tokens)
        EXPECT_EQ(token.find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST_F(RoutingSlip, CompensationGetsTheLogOfItsExecution)
{
    car_is_sold_out();
    std::string seen;
    hotel_.back = [&](booking::compensation_type& c) { seen = c.log().what + " of " + std::string(c.tracking_number()); };
    trip_.route = itinerary().add("hotel", booking_args{.what = "room 7"}).add("car");
    follow(trip_);
    EXPECT_EQ(seen, "room 7 of a");
}

TEST_F(RoutingSlip, WhatLeftNoLogIsNotCompensated)
{
    car_is_sold_out();
    hotel_.how = [](booking::execution_type& e) { return e.completed(); };
    trip_.route = itinerary().add("flight").add("price").add("hotel").add("car");
    EXPECT_EQ(states_of(follow(trip_)), "flight compensated, price completed, hotel completed, car faulted");
    EXPECT_EQ(diary_.text(), "+flight ?price +hotel +car -flight");
}

TEST_F(RoutingSlip, WhatAnActivityThrowsIsTriedAgainWithOneTokenAndThenFaults)
{
    hotel_.how = [](booking::execution_type& e) -> slip_end { throw std::runtime_error("busy " + std::to_string(e.number())); };
    EXPECT_EQ(text_of(follow(trip_)), "faulted std::runtime_error: busy 3 | flight compensated, hotel faulted");
    EXPECT_EQ(diary_.text(), "+flight +hotel +hotel +hotel -flight");
    EXPECT_EQ(diary_.tokens()[1], diary_.tokens()[3]);
}

TEST_F(RoutingSlip, PolicyOfAnItemGoesBeforeThatOfItsActivity)
{
    hotel_.how = [](booking::execution_type&) -> slip_end { throw std::runtime_error("busy"); };
    trip_.route = itinerary().add("hotel", {}, slip_policy{.attempts = 1});
    follow(trip_);
    EXPECT_EQ(diary_.text(), "+hotel");
}

TEST_F(RoutingSlip, TimeOutOfAnItemFaultsTheSlip)
{
    hotel_.how = [](booking::execution_type& e) -> slip_end {
        while (!e.stop().stop_requested())
            std::this_thread::yield();
        throw std::runtime_error("stopped");
    };
    trip_.route = itinerary().add("flight").add("hotel", {}, slip_policy{.attempts = 1, .timeout = 1ms});
    const slip_outcome end = follow(trip_);
    EXPECT_EQ(end.code, "timed_out");
    EXPECT_EQ(states_of(end), "flight compensated, hotel faulted");
}

TEST_F(RoutingSlip, PermanentErrorFaultsAtOnce)
{
    hotel_.how = [](booking::execution_type&) -> slip_end { throw permanent_error("full", "no bed"); };
    EXPECT_EQ(text_of(follow(trip_)), "faulted full: no bed | flight compensated, hotel faulted");
    EXPECT_EQ(diary_.text(), "+flight +hotel -flight");
}

/// What is no text would keep the outcome from being encoded, and the run from ending.
TEST_F(RoutingSlip, TextsOfFaultsMayBeAnyBytesAndAreCutOff)
{
    hotel_.how = [](booking::execution_type& e) { return e.fault("", "\xFF" + std::string(9000, 'x')); };
    const slip_outcome end = follow(trip_);
    EXPECT_EQ(end.code, "faulted");
    EXPECT_EQ(end.text.substr(0, 4), "\xEF\xBF\xBDx");
    EXPECT_EQ(end.text.size(), 500u);
}

TEST_F(RoutingSlip, TextsOfWhatIsThrownMayBeAnyBytes)
{
    hotel_.how = [](booking::execution_type&) -> slip_end { throw permanent_error("full", "\xFF"); };
    flight_.back = [](booking::compensation_type&) { throw permanent_error("no_refund", "\xFE"); };
    const slip_outcome end = follow(trip_);
    EXPECT_EQ(end.text, "\xEF\xBF\xBD");
    EXPECT_EQ(end.activities.at(0).text, "\xEF\xBF\xBD");
}

TEST_F(RoutingSlip, TerminateEndsItWellWithoutWhatIsLeft)
{
    hotel_.how = [](booking::execution_type& e) {
        e.set("city", "home");
        return e.terminate("stays at home");
    };
    const slip_outcome end = follow(trip_);
    EXPECT_EQ(text_of(end), "terminated terminated: stays at home | flight completed, hotel completed");
    EXPECT_EQ(end.skipped, std::vector<std::string>{"car"});
    EXPECT_EQ(encode(end.variables), R"({"city":"home"})");
    EXPECT_EQ(diary_.text(), "+flight +hotel");
}

TEST_F(RoutingSlip, RevisedItineraryReplacesWhatIsLeft)
{
    flight_.how = [](booking::execution_type& e) { return e.revise_itinerary(itinerary().add("price").append(e.rest()).add("price")); };
    EXPECT_EQ(states_of(follow(trip_)), "flight completed, price completed, hotel completed, car completed, price completed");
}

TEST_F(RoutingSlip, RevisedItineraryMayBeEmpty)
{
    flight_.how = [](booking::execution_type& e) { return e.revise_itinerary({}); };
    const slip_outcome end = follow(trip_);
    EXPECT_EQ(text_of(end), "completed | flight completed");
    EXPECT_EQ(end.skipped, std::vector<std::string>{});
}

TEST_F(RoutingSlip, ActivityThatRevisedIsCompensatedWithItsLog)
{
    car_is_sold_out();
    flight_.how = [](booking::execution_type& e) { return e.revise_itinerary(itinerary().add("car"), booking_log{"seat 4"}); };
    std::string seen;
    flight_.back = [&](booking::compensation_type& c) { seen = c.log().what; };
    EXPECT_EQ(states_of(follow(trip_)), "flight compensated, car faulted");
    EXPECT_EQ(seen, "seat 4");
}

/// What it has done is done: it cannot be refused any more.
TEST_F(RoutingSlip, RevisedItineraryThatCannotBeFollowedFaultsAndCompensatesWhoRevised)
{
    hotel_.how = [](booking::execution_type& e) { return e.revise_itinerary(itinerary().add("boat"), booking_log{"room"}); };
    const slip_outcome end = follow(trip_);
    EXPECT_EQ(end.code, "unknown_activity");
    EXPECT_NE(end.text.find("'boat'"), std::string::npos) << end.text;
    EXPECT_EQ(states_of(end), "flight compensated, hotel compensated");
    EXPECT_EQ(end.skipped, std::vector<std::string>{"car"});
}

TEST_F(RoutingSlip, ItineraryThatIsRevisedAgainAndAgainComesToAnEnd)
{
    flight_.how = [](booking::execution_type& e) { return e.revise_itinerary(itinerary().add("flight")); };
    const slip_outcome end = follow(trip_);
    EXPECT_EQ(end.code, "limit");
    EXPECT_EQ(end.activities.size(), slip_activities_max);
}

TEST_F(RoutingSlip, VariablesOverTheLimitFaultAndCompensateWhoSetThem)
{
    hotel_.how = [](booking::execution_type& e) {
        e.set("view", std::string(slip_part_bytes_max, 'v'));
        return e.completed(booking_log{"room"});
    };
    const slip_outcome end = follow(trip_);
    EXPECT_EQ(end.code, "limit");
    EXPECT_EQ(states_of(end), "flight compensated, hotel compensated");
    EXPECT_TRUE(end.variables.empty());
}

TEST_F(RoutingSlip, LogsOverTheLimitFaultAndCompensateWhoLeftThem)
{
    std::size_t seen = 0;
    const auto leave = [](booking::execution_type& e) { return e.completed(booking_log{std::string(slip_part_bytes_max / 2, 'l')}); };
    flight_.how = leave;
    hotel_.how = leave;
    hotel_.back = [&](booking::compensation_type& c) { seen = c.log().what.size(); };
    const slip_outcome end = follow(trip_);
    EXPECT_EQ(end.code, "limit");
    EXPECT_EQ(states_of(end), "flight compensated, hotel compensated");
    EXPECT_EQ(seen, slip_part_bytes_max / 2);
    EXPECT_TRUE(end.activities[1].log.is_null());
}

TEST_F(RoutingSlip, VariablesThatAnActivityCannotReadFault)
{
    flight_.how = [](booking::execution_type& e) {
        e.set("price", std::string("cheap"));
        return e.completed(booking_log{});
    };
    const slip_outcome end = follow(trip_);
    EXPECT_EQ(end.code, "bad_arguments");
    EXPECT_NE(end.text.find("'hotel'"), std::string::npos) << end.text;
    EXPECT_NE(end.text.find("price"), std::string::npos) << end.text;
    EXPECT_EQ(diary_.text(), "+flight -flight");
}

TEST_F(RoutingSlip, CompensationThatThrowsIsTriedAgainWithOneToken)
{
    car_is_sold_out();
    hotel_.back = [](booking::compensation_type& c) {
        if (c.number() < 3)
            throw std::runtime_error("nobody there");
    };
    EXPECT_EQ(states_of(follow(trip_)), "flight compensated, hotel compensated, car faulted");
    EXPECT_EQ(diary_.text(), "+flight +hotel +car -hotel -hotel -hotel -flight");
    EXPECT_EQ(diary_.tokens()[3], diary_.tokens()[5]);
}

TEST_F(RoutingSlip, CompensationThatFailsForGoodLeavesOlderOnesAsTheyAre)
{
    car_is_sold_out();
    hotel_.back = [](booking::compensation_type&) { throw permanent_error("no_refund", "too late"); };
    const slip_outcome end = follow(trip_);
    EXPECT_EQ(text_of(end), "compensation_failed no_car: sold out | flight completed, hotel compensation_failed, car faulted");
    EXPECT_EQ(end.activities[1].code, "no_refund");
    EXPECT_EQ(end.activities[1].text, "too late");
    EXPECT_EQ(diary_.text(), "+flight +hotel +car -hotel");
}

TEST_F(RoutingSlip, CompensationThatRunsOutOfAttemptsHasFailedForGood)
{
    car_is_sold_out();
    hotel_.back = [](booking::compensation_type&) { throw std::runtime_error("nobody there"); };
    EXPECT_EQ(states_of(follow(trip_)), "flight completed, hotel compensation_failed, car faulted");
    EXPECT_EQ(diary_.text(), "+flight +hotel +car -hotel -hotel -hotel");
}

TEST_F(RoutingSlip, OlderOnesAreCompensatedWhereTheSlipSaysGoOn)
{
    car_is_sold_out();
    hotel_.back = [](booking::compensation_type&) { throw permanent_error("no_refund", "too late"); };
    trip_.after_failed_compensation = after_failed::go_on;
    EXPECT_EQ(text_of(follow(trip_)), "compensation_failed no_car: sold out | flight compensated, hotel compensation_failed, car faulted");
}

TEST_F(RoutingSlip, CompensationsMaySetVariables)
{
    car_is_sold_out();
    hotel_.back = [](booking::compensation_type& c) { c.set("fee", 5); };
    int seen = 0;
    flight_.back = [&](booking::compensation_type& c) { seen = c.variable<int>("fee").value_or(0); };
    EXPECT_EQ(encode(follow(trip_).variables), R"({"fee":5})");
    EXPECT_EQ(seen, 5);
}

TEST_F(RoutingSlip, VariablesOfACompensationOverTheLimitAreLeftOutAndSo)
{
    car_is_sold_out();
    hotel_.back = [](booking::compensation_type& c) { c.set("view", std::string(slip_part_bytes_max, 'v')); };
    const slip_outcome end = follow(trip_);
    EXPECT_EQ(states_of(end), "flight compensated, hotel compensated, car faulted");
    EXPECT_EQ(end.activities[1].code, "limit");
    EXPECT_TRUE(end.variables.empty());
}

TEST_F(RoutingSlip, ThatCannotBeFollowedIsRefusedBeforeAnythingIsExecuted)
{
    trip_.route.add("boat");
    EXPECT_EQ(refusal(trip_), "unknown_activity: item 3 of the itinerary: there is no activity 'boat': call slip_activities::add before open");
    EXPECT_EQ(diary_.text(), "");
}

TEST_F(RoutingSlip, WithoutProvidedActivitiesIsWrongUse)
{
    small_shop other;
    const std::string said = failure_of([&] { other.start(run_slip, trip_).result(); });
    EXPECT_EQ(said.substr(0, 10), "wrong_use:") << said;
    EXPECT_NE(said.find("slip_activities"), std::string::npos) << said;
}

workflow<std::string> holiday(context& ctx, routing_slip slip)
{
    const slip_outcome end = co_await run_slip(ctx, slip);
    co_await ctx.step("pack", [] {});
    co_return states_of(end);
}

TEST_F(RoutingSlip, IsAPartOfAWorkflow)
{
    trip_.tracking_number = "trip-17";
    std::string seen;
    car_.how = [&](booking::execution_type& e) {
        seen = e.tracking_number();
        return e.completed();
    };
    EXPECT_EQ(shop_.start(holiday, trip_).result(), "flight completed, hotel completed, car completed");
    EXPECT_EQ(seen, "trip-17");
}

workflow<std::string> two_trips(context& ctx, routing_slip slip)
{
    const std::vector<int> trips{1, 2};
    const std::vector<slip_outcome> ends = co_await all(trips, 2, [&](int) -> workflow<slip_outcome> { co_return co_await run_slip(ctx, slip); });
    co_return states_of(ends[0]) + "; " + states_of(ends[1]);
}

TEST_F(RoutingSlip, TwoOfOneRunAreFollowedSideBySideAndCompensatedEachForItself)
{
    car_is_sold_out();
    trip_.route = itinerary().add("flight").add("car");
    EXPECT_EQ(shop_.start(two_trips, trip_).result(), "flight compensated, car faulted; flight compensated, car faulted");
    const std::vector<std::string> tokens = diary_.tokens();
    EXPECT_EQ(std::set<std::string>(tokens.begin(), tokens.end()).size(), 6u);
}

workflow<std::string> careful_holiday(context& ctx, routing_slip slip)
{
    slip.route.add("boat");
    try
    {
        co_await run_slip(ctx, slip);
    }
    catch (const slip_refused& e)
    {
        co_return e.code();
    }
    co_return "followed";
}

TEST_F(RoutingSlip, RefusalIsThrownToTheWorkflowThatAwaitsIt) { EXPECT_EQ(shop_.start(careful_holiday, trip_).result(), "unknown_activity"); }
}
}
