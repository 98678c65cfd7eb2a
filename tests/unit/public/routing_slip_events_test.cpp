// Who is told of a slip, and of what.

#include <everstep/routing_slip.hpp>

#include "small_shop.hpp"
#include "travel_bureau.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

constexpr activity_options once_only{.execute = once, .compensate = once};

class RoutingSlipEvents : public ::testing::Test
{
protected:
    RoutingSlipEvents()
    {
        given_.add("flight", flight_, once_only).add("hotel", hotel_, once_only).add("car", car_, once_only);
        shop_->provide(given_);
        shop_->add_topic("trips").add_topic("others");
        car_.how = [](booking::execution_type& e) { return e.fault("no_car", "sold out"); };
        trip_.route.add("flight").add("hotel").add("car");
    }

    slip_outcome follow() { return shop_.start(run_slip, trip_).result(); }
    std::vector<event> events(const std::string& topic = "trips")
    {
        std::vector<event> all;
        shop_->read([&](const table_reader& in) { in.events(topic, 0, [&](const event& one) { all.push_back(one); }); });
        return all;
    }
    std::vector<slip_notice> notices(const std::string& topic = "trips")
    {
        std::vector<slip_notice> all;
        for (const event& one : events(topic))
            all.push_back(one.as<slip_notice>());
        return all;
    }
    /// "activity_completed flight, completed"
    std::string told(const std::string& topic = "trips")
    {
        std::string text;
        for (const slip_notice& one : notices(topic))
            text += (text.empty() ? "" : ", ") + decode<std::string>(encode(one.what)) + (one.activity.empty() ? "" : " " + one.activity);
        return text;
    }

    travel_diary diary_;
    booking flight_{diary_}, hotel_{diary_}, car_{diary_};
    slip_activities given_;
    routing_slip trip_;
    small_shop shop_;
};

TEST_F(RoutingSlipEvents, OfASlipThatCompletesAreItsActivitiesAndItsEnd)
{
    trip_.tell("trips");
    car_.how = nullptr;
    follow();
    EXPECT_EQ(told(), "activity_completed flight, activity_completed hotel, activity_completed car, completed");
}

TEST_F(RoutingSlipEvents, OfASlipThatFaultsAreItsCompensationsBeforeItsEnd)
{
    trip_.tell("trips");
    follow();
    EXPECT_EQ(told(), "activity_completed flight, activity_completed hotel, activity_faulted car, activity_compensated hotel, "
                      "activity_compensated flight, faulted car");
}

TEST_F(RoutingSlipEvents, OfACompensationThatFailedForGoodAreItsOwnAndTheSlips)
{
    trip_.tell("trips");
    hotel_.back = [](booking::compensation_type&) { throw permanent_error("no_refund", "too late"); };
    follow();
    EXPECT_EQ(told(), "activity_completed flight, activity_completed hotel, activity_faulted car, activity_compensation_failed hotel, "
                      "compensation_failed car");
    const slip_notice failed = notices().at(3), last = notices().at(4);
    EXPECT_EQ(failed.code + ": " + failed.text, "no_refund: too late");
    EXPECT_EQ(last.code + ": " + last.text, "no_car: sold out");
}

TEST_F(RoutingSlipEvents, OfASlipThatIsRevisedAndTerminatedSaySo)
{
    trip_.tell("trips");
    flight_.how = [](booking::execution_type& e) { return e.revise_itinerary(itinerary().add("hotel").add("car")); };
    hotel_.how = [](booking::execution_type& e) { return e.terminate("rain"); };
    follow();
    EXPECT_EQ(told(), "activity_completed flight, revised flight, activity_completed hotel, terminated hotel");
    EXPECT_EQ(notices().back().text, "rain");
}

TEST_F(RoutingSlipEvents, AreThoseThatASubscriptionNames)
{
    trip_.tell("trips", {slip_event::faulted, slip_event::activity_faulted});
    trip_.tell("others", {slip_event::completed});
    follow();
    EXPECT_EQ(told("trips"), "activity_faulted car, faulted car");
    EXPECT_EQ(told("others"), "");
}

TEST_F(RoutingSlipEvents, AboutActivitiesAreThoseOfTheActivitiesThatASubscriptionNames)
{
    trip_.tell("trips", {}, {}, {"flight"});
    follow();
    EXPECT_EQ(told(), "activity_completed flight, activity_compensated flight, faulted car") << "the slip's own are told all the same";
}

TEST_F(RoutingSlipEvents, HaveNothingWithThemUnlessItIsIncluded)
{
    trip_.route = itinerary().add("flight", booking_args{.what = "seat"}).add("hotel");
    trip_.set("city", "Rome").tell("trips");
    follow();
    const slip_notice first = notices().at(0);
    EXPECT_TRUE(first.arguments.is_null());
    EXPECT_TRUE(first.log.is_null());
    EXPECT_TRUE(first.variables.empty());
    EXPECT_TRUE(first.route.items().empty());
    EXPECT_EQ(first.tracking_number, "a");
}

TEST_F(RoutingSlipEvents, HaveWithThemWhatIsIncluded)
{
    using enum slip_content;
    trip_.route = itinerary().add("flight", booking_args{.what = "seat"}).add("hotel").add("car");
    trip_.set("city", "Rome").tell("trips", {}, {arguments, log, variables, slip_content::route});
    follow();
    const slip_notice first = notices().at(0), back = notices().at(4), last = notices().back();
    EXPECT_EQ(encode(first.arguments), R"({"what":"seat","city":"nowhere","price":1})");
    EXPECT_EQ(encode(first.log), R"({"what":"seat"})");
    EXPECT_EQ(encode(first.variables), R"({"city":"Rome"})");
    ASSERT_EQ(first.route.items().size(), 2u);
    EXPECT_EQ(first.route.items()[0].activity, "hotel");
    EXPECT_EQ(encode(back.log), R"({"what":"seat"})") << "what was compensated";
    EXPECT_EQ(encode(last.variables), R"({"city":"Rome"})");
    EXPECT_TRUE(last.route.items().empty());
}

TEST_F(RoutingSlipEvents, TellActivitiesOfOneNameApartByTheirPlace)
{
    trip_.route = itinerary().add("flight").add("flight");
    trip_.tell("trips", {slip_event::activity_completed});
    follow();
    EXPECT_EQ(notices().at(0).place, 0u);
    EXPECT_EQ(notices().at(1).place, 1u);
}

TEST_F(RoutingSlipEvents, HaveTheTrackingNumberAsTheirKey)
{
    trip_.tracking_number = "trip-17";
    trip_.tell("trips");
    follow();
    for (const event& one : events())
        EXPECT_EQ(one.key, "trip-17");
    EXPECT_EQ(events().at(0).type, "slip.activity_completed");
    EXPECT_EQ(events().at(0).subject, "flight");
}

TEST_F(RoutingSlipEvents, OfATopicThatWasNotAddedRefuseTheSlipBeforeAnythingIsExecutedOrTold)
{
    trip_.tell("trips").tell("forgotten");
    EXPECT_EQ(failure_of([&] { follow(); }), "unknown_topic: topic 'forgotten' was not added: call engine::add_topic before open");
    EXPECT_EQ(diary_.text(), "");
    EXPECT_EQ(told(), "");
}

TEST_F(RoutingSlipEvents, OfASlipWithSubscriptionsDoNotKeepItFromBeingRefused)
{
    trip_.tell("trips");
    trip_.route.add("boat");
    EXPECT_EQ(failure_of([&] { follow(); }).substr(0, 17), "unknown_activity:");
}

TEST_F(RoutingSlipEvents, ReachSubscribersAsAnyOthers)
{
    gate heard;
    shop_->subscribe("trips", "desk", [&](const event& e) {
        if (e.as<slip_notice>().what == slip_event::faulted)
            heard.open();
    });
    trip_.tell("trips");
    follow();
    heard.wait();
}
}
}
