// Routing slips: what an activity has done is recorded once and compensated once, whenever the engine dies or the run is cancelled.

#include "engine_scenario.hpp"

#include <everstep/routing_slip.hpp>
#include <everstep/transaction.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

struct leg_args
{
    std::string then; ///< what it does: see leg::execute
    std::string back; ///< and its compensation
    std::string city;
};
BOOST_DESCRIBE_STRUCT(leg_args, (), (then, back, city))

struct leg_log
{
    std::string back;
};
BOOST_DESCRIBE_STRUCT(leg_log, (), (back))

/// The world outside knows calls by the tokens of their steps, which the journal has.
template <class Call>
struct opened : Call
{
    static const attempt& step_of(Call& c) { return (c.*&opened::of_step)(); }
};
template <class Call>
void leave_trace(Call& c, const std::string& what)
{
    c.template use<engine_effects>().add(opened<Call>::step_of(c), c.tracking_number(), what);
}
template <class Call>
void wait_for_stop(Call& c)
{
    c.template use<engine_effects>().wait_for_stop(opened<Call>::step_of(c));
}

struct leg
{
    slip_end execute(execution<leg_args, leg_log>& e)
    {
        leave_trace(e, std::string(e.activity()));
        const std::string& then = e.arguments().then;
        e.set(std::string(e.activity()), e.arguments().city);
        if (then == "waits")
            wait_for_stop(e);
        if (then == "faults")
            return e.fault("no_car", "sold out");
        if (then == "later" && e.number() < 3)
            throw retry_after(1h, "nobody there");
        if (then == "never")
            throw retry_after(24h, "nobody there");
        if (then == "terminates")
            return e.terminate("rain");
        if (then == "revises")
            return e.revise_itinerary(itinerary().add("bus").append(e.rest()), leg_log{e.arguments().back});
        return e.completed(leg_log{e.arguments().back});
    }
    void compensate(compensation<leg_log>& c)
    {
        leave_trace(c, "compensate " + std::string(c.activity()));
        if (c.log().back == "waits")
            wait_for_stop(c);
        if (c.log().back == "later" && c.number() < 2)
            throw retry_after(1h, "nobody there");
        if (c.log().back == "never")
            throw permanent_error("no_refund", "too late");
    }
};

slip_activities& given()
{
    static leg one;
    static slip_activities all;
    static const bool is_filled = (all.add("flight", one).add("hotel", one).add("car", one).add("bus", one), true);
    (void)is_filled;
    return all;
}

template <class Function>
engine_stage::adder slips(const std::string& name, Function* function)
{
    return [=](detail::engine_core& core) {
        core.given.add(given());
        core.add_topic("trips");
        adds(name, function)(core);
    };
}
engine_stage::adder slips() { return slips("slip", run_slip); }

routing_slip trip(const std::string& flight, const std::string& hotel, const std::string& car, const std::string& hotel_back = {})
{
    routing_slip slip;
    slip.set("city", "Rome").tell("trips");
    slip.route.add("flight", {{"then", flight}}).add("hotel", {{"then", hotel}, {"back", hotel_back}}).add("car", {{"then", car}});
    return slip;
}

/// "completed flight, faulted car": without "activity_".
std::string told(engine_stage& s)
{
    std::string text;
    s.core().read_tables([&](detail::row_source& rows) {
        detail::visit_events(rows, "trips", 0, [&](const event& one) {
            const auto notice = one.as<slip_notice>();
            text += (text.empty() ? "" : ", ") + decode<std::string>(encode(notice.what)) + " " + notice.activity;
            return true;
        });
    });
    return text;
}

constexpr const char* back_from_the_car = "activity_completed flight, activity_completed hotel, activity_faulted car, "
                                          "activity_compensated hotel, activity_compensated flight, faulted car";

/// Of the engine's own table, which holds results for a moment.
std::size_t hidden_rows(engine_stage& s)
{
    const table<std::string, boost::json::value> hidden{
        detail::identify_own_table("everstep.slip_record", detail::key_layout<std::string>(), "slip_record")};
    std::size_t count = 0;
    s.core().read_tables([&](detail::row_source& rows) {
        table_reader(rows).all(hidden, [&](const std::string&, const boost::json::value&) { ++count; });
    });
    return count;
}

std::string state_of(const std::string& outcome) { return decode<std::string>(encode(decode<slip_outcome>(outcome).state)); }

TEST(RoutingSlipScenario, ThatCompletesHasExecutedAndToldOfEachOnce)
{
    const auto left = all_ways({slips(), [](engine_stage& s) {
                                    s.start(run_slip, "a", trip("", "revises", ""));
                                    EXPECT_EQ(state_of(s.result(run_slip, "a")), "completed");
                                    EXPECT_EQ(told(s), "activity_completed flight, activity_completed hotel, revised hotel, "
                                                       "activity_completed bus, activity_completed car, completed ");
                                }});
    EXPECT_EQ(left.at("slip/a").brief(), "started, step_failed transaction check, step_done flight, published, step_done hotel, published, "
                                         "published, step_done bus, published, step_done car, published, published, completed");
}

TEST(RoutingSlipScenario, ThatFaultsHasCompensatedAndToldOfEachOnce)
{
    const auto left = all_ways({slips(), [](engine_stage& s) {
                                    s.start(run_slip, "a", trip("", "", "faults"));
                                    EXPECT_EQ(state_of(s.result(run_slip, "a")), "faulted");
                                    EXPECT_EQ(told(s), back_from_the_car);
                                }});
    EXPECT_EQ(left.at("slip/a").brief(), "started, step_failed transaction check, step_done flight, published, step_done hotel, published, "
                                         "step_done car, published, step_done compensate hotel, published, step_done compensate flight, "
                                         "published, published, completed");
}

TEST(RoutingSlipScenario, WithoutSubscriptionsIsCheckedByAStep)
{
    const auto left = all_ways({slips(), [](engine_stage& s) {
                                    routing_slip slip = trip("", "terminates", "");
                                    slip.subscriptions.clear();
                                    s.start(run_slip, "a", slip);
                                    EXPECT_EQ(state_of(s.result(run_slip, "a")), "terminated");
                                }});
    EXPECT_EQ(left.at("slip/a").brief(), "started, step_done check, step_done flight, step_done hotel, completed");
}

TEST(RoutingSlipScenario, ThatIsRefusedFailsItsRunAndHasToldNobody)
{
    const auto left = all_ways({slips(), [](engine_stage& s) {
                                    routing_slip slip = trip("", "", "");
                                    slip.tell("forgotten");
                                    s.start(run_slip, "a", slip);
                                    EXPECT_EQ(s.result(run_slip, "a"), "failed unknown_topic: topic 'forgotten' was not added: call "
                                                                       "engine::add_topic before open");
                                    EXPECT_EQ(told(s), "");
                                }});
    EXPECT_EQ(left.at("slip/a").brief(), "started, step_failed transaction check, failed");
}

TEST(RoutingSlipScenario, AttemptsOfActivitiesAndCompensationsGoOnWhereTheyStood)
{
    const auto left = all_ways({slips(), [](engine_stage& s) {
                                    routing_slip slip = trip("", "later", "faults", "later");
                                    slip.subscriptions.clear();
                                    s.start(run_slip, "a", slip);
                                    EXPECT_EQ(state_of(s.result(run_slip, "a")), "faulted");
                                }});
    EXPECT_EQ(left.at("slip/a").brief(), "started, step_done check, step_done flight, step_retry hotel, step_retry hotel, step_done hotel, "
                                         "step_done car, step_retry compensate hotel, step_done compensate hotel, step_done compensate "
                                         "flight, completed");
}

TEST(RoutingSlipScenario, CompensationThatFailsForGoodIsToldOfAndIsTheEnd)
{
    all_ways({slips(), [](engine_stage& s) {
                  s.start(run_slip, "a", trip("", "", "faults", "never"));
                  EXPECT_EQ(state_of(s.result(run_slip, "a")), "compensation_failed");
                  EXPECT_EQ(told(s), "activity_completed flight, activity_completed hotel, activity_faulted car, "
                                     "activity_compensation_failed hotel, compensation_failed car");
              }});
}

TEST(RoutingSlipScenario, CancelBetweenTwoAttemptsCompensatesWhatHasCompleted)
{
    const auto left = all_ways({slips(), [](engine_stage& s) {
                                    s.start(run_slip, "a", trip("", "", "never"));
                                    s.until_has("slip/a", "step_retry car");
                                    s.cancel_once(run_slip, "slip/a", "stays at home");
                                    EXPECT_EQ(s.result(run_slip, "a"), "failed cancelled: stays at home");
                                    EXPECT_EQ(told(s), back_from_the_car);
                                    EXPECT_EQ(s.status(run_slip, "a").state, run_state::cancelled);
                                }});
    EXPECT_EQ(left.at("slip/a").brief(), "started, step_failed transaction check, step_done flight, published, step_done hotel, published, "
                                         "step_retry car, cancel_asked, step_dropped car, step_done transaction recall, published, step_done "
                                         "compensate hotel, published, step_done compensate flight, published, published, cancelled");
}

/// The cancel keeps its result from the code. It has been done all the same.
TEST(RoutingSlipScenario, CancelOfARunningActivityCompensatesThatAsWell)
{
    const auto left = crashed_ways({slips(), [](engine_stage& s) {
                                        s.start(run_slip, "a", trip("", "waits", ""));
                                        s.until_began("slip/a", "hotel");
                                        s.cancel_once(run_slip, "slip/a", "stays at home");
                                        EXPECT_EQ(s.result(run_slip, "a"), "failed cancelled: stays at home");
                                        EXPECT_EQ(told(s), "activity_completed flight, activity_completed hotel, activity_compensated hotel, "
                                                           "activity_compensated flight, faulted ");
                                        EXPECT_EQ(hidden_rows(s), 0u);
                                    }});
    EXPECT_EQ(left.at("slip/a").brief(), "started, step_failed transaction check, step_done flight, published, cancel_asked, step_done hotel, "
                                         "step_done undo hotel, step_done transaction recall, step_done transaction forget, published, "
                                         "step_done compensate hotel, published, step_done compensate flight, published, published, cancelled");
}

TEST(RoutingSlipScenario, CancelOfARunningCompensationDoesNotRepeatIt)
{
    const auto left = crashed_ways({slips(), [](engine_stage& s) {
                                        s.start(run_slip, "a", trip("", "", "faults", "waits"));
                                        s.until_began("slip/a", "compensate hotel");
                                        s.cancel_once(run_slip, "slip/a", "stays at home");
                                        EXPECT_EQ(state_of(s.result(run_slip, "a")), "faulted") << "it ends as it would";
                                        EXPECT_EQ(told(s), back_from_the_car);
                                        EXPECT_EQ(hidden_rows(s), 0u);
                                    }});
    EXPECT_EQ(left.at("slip/a").brief(), "started, step_failed transaction check, step_done flight, published, step_done hotel, published, "
                                         "step_done car, published, cancel_asked, step_done compensate hotel, step_done undo compensate "
                                         "hotel, step_done transaction recall, step_done transaction forget, published, step_done compensate "
                                         "flight, published, published, completed");
}

TEST(RoutingSlipScenario, CompensationThatACancelDroppedGoesOnWithItsToken)
{
    const auto left = all_ways({slips(), [](engine_stage& s) {
                                    s.start(run_slip, "a", trip("", "", "faults", "later"));
                                    s.until_has("slip/a", "step_retry compensate hotel");
                                    s.cancel_once(run_slip, "slip/a", "stays at home");
                                    EXPECT_EQ(state_of(s.result(run_slip, "a")), "faulted");
                                }});
    EXPECT_EQ(left.at("slip/a").count("step_done compensate hotel"), 1u);
    EXPECT_EQ(left.at("slip/a").count("step_dropped compensate hotel"), 1u);
    EXPECT_EQ(left.at("slip/a").count("step_done compensate flight"), 1u);
}

workflow<std::string> hurried(context& ctx, routing_slip slip)
{
    try
    {
        co_await with_timeout(30min, run_slip(ctx, slip));
    }
    catch (const timed_out&)
    {
        co_return "late";
    }
    co_return "in time";
}

TEST(RoutingSlipScenario, TimeOutAroundItCompensatesIt)
{
    all_ways({slips("hurried", hurried), [](engine_stage& s) {
                  s.effects().are_side_by_side = true;
                  s.start(hurried, "a", trip("", "", "later"));
                  s.until_has("hurried/a", "step_retry car"); // time flies while callers wait
                  EXPECT_EQ(s.result(hurried, "a"), "\"late\"");
                  EXPECT_EQ(told(s), back_from_the_car);
              }});
}
}
}
