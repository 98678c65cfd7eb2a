#include "feature/activity.hpp"

#include "travel_bureau.hpp"

#include <gtest/gtest.h>

#include <string>

namespace everstep::core
{
namespace
{
using namespace test;
using detail::slip_record;
using detail::slip_verdict;

class Activity : public ::testing::Test
{
protected:
    Activity() { given_.add("hotel", hotel_).add("price", price_); }

    /// "code: text"
    std::string refusal(const routing_slip& slip)
    {
        try
        {
            given_.check(slip);
        }
        catch (const slip_refused& e)
        {
            return e.code() + ": " + e.text();
        }
        return {};
    }
    std::string refusal(const itinerary& route)
    {
        routing_slip slip;
        slip.route = route;
        return refusal(slip);
    }
    slip_record executed(const itinerary_item& item) { return execute(given_, attempt_, {"a", "tag/0", item, {}, variables_, 1, 0}); }
    slip_record compensated(const itinerary_item& item, const boost::json::value& log)
    {
        return compensate(given_, attempt_, {"a", "tag/0/undo", item, {}, variables_, 1, 0}, log);
    }

    travel_diary diary_;
    booking hotel_{diary_};
    asking price_{diary_};
    slip_activities given_;
    slip_variables variables_;
    services none_;
    attempt attempt_{"token", 1, {}, none_};
};

TEST_F(Activity, ThatIsThereAndCanReadItsArgumentsIsNotRefused)
{
    EXPECT_EQ(refusal(itinerary().add("hotel").add("price", {{"price", 3}}).add("hotel", {{"not", "asked for"}})), "");
}

TEST_F(Activity, ItinerariesThatAreEmptyAreRefused)
{
    EXPECT_EQ(refusal(itinerary()), "empty_itinerary: the itinerary is empty: a slip has one activity at least");
}

TEST_F(Activity, ThatWasNotAddedIsRefusedWithItsPlace)
{
    EXPECT_EQ(refusal(itinerary().add("price").add("boat")),
              "unknown_activity: item 1 of the itinerary: there is no activity 'boat': call slip_activities::add before open");
}

TEST_F(Activity, ArgumentsThatItCannotReadAreRefusedWithTheirMember)
{
    const std::string said = refusal(itinerary().add("price", {{"price", "cheap"}}));
    EXPECT_EQ(said.substr(0, 52), "bad_arguments: item 0 of the itinerary: activity 'pr");
    EXPECT_NE(said.find("booking_args.price"), std::string::npos) << said;
}

TEST_F(Activity, ArgumentsThatAreNoObjectAreRefused)
{
    EXPECT_EQ(refusal(itinerary().add("price", 7)), "bad_arguments: item 0 of the itinerary: the arguments of activity 'price' are no object");
}

TEST_F(Activity, ItinerariesOverTheirLimitsAreRefused)
{
    itinerary many, large;
    for (std::size_t n = 0; n <= slip_activities_max; ++n)
        many.add("price");
    EXPECT_EQ(refusal(many).substr(0, 6), "limit:");
    large.add("price", {{"what", std::string(slip_part_bytes_max, 'x')}});
    EXPECT_EQ(refusal(large).substr(0, 6), "limit:");
}

TEST_F(Activity, ItinerariesAtTheirLimitAreNotRefused)
{
    itinerary many;
    for (std::size_t n = 0; n < slip_activities_max; ++n)
        many.add("price");
    EXPECT_EQ(refusal(many), "");
    EXPECT_THROW(check_route(given_, many, 1), slip_refused) << "those that were executed count";
}

TEST_F(Activity, SlipsOverTheirLimitsAreRefused)
{
    routing_slip good;
    good.route.add("price");
    routing_slip heavy = good, loud = good, long_name = good;
    heavy.set("what", std::string(slip_part_bytes_max, 'x'));
    for (int n = 0; n < 33; ++n)
        loud.tell("trips");
    long_name.tracking_number = std::string(256, 'n');
    EXPECT_EQ(refusal(good), "");
    EXPECT_EQ(refusal(heavy).substr(0, 6), "limit:");
    EXPECT_EQ(refusal(loud).substr(0, 6), "limit:");
    EXPECT_EQ(refusal(long_name).substr(0, 6), "limit:");
}

TEST_F(Activity, NamesAreRefusedTwiceAndOverTheirLimit)
{
    const auto why = [&](const std::string& name) {
        try
        {
            given_.add(name, price_);
        }
        catch (const engine_error& e)
        {
            return e.why();
        }
        return errc{};
    };
    EXPECT_EQ(why("price"), errc::wrong_use);
    EXPECT_EQ(why(""), errc::limit);
    EXPECT_EQ(why(std::string(101, 'n')), errc::limit);
    EXPECT_EQ(why(std::string(100, 'n')), errc{});
}

TEST_F(Activity, ArgumentsAreItsOwnBeforeVariables)
{
    variables_ = {{"city", "Rome"}, {"price", 9}};
    EXPECT_EQ(encode(arguments_of({"hotel", {{"price", 4}, {"city", nullptr}}, {}}, variables_)), R"({"city":"Rome","price":4})");
}

TEST_F(Activity, ThatIsNotThereAnyMoreFaultsWhenItIsExecuted)
{
    try
    {
        executed({"boat", {}, {}});
        FAIL() << "it was executed";
    }
    catch (const permanent_error& e)
    {
        EXPECT_EQ(e.code(), "unknown_activity");
    }
}

/// It may come back with the next program: what it has done must not be given up for that.
TEST_F(Activity, ThatIsNotThereAnyMoreIsTriedAgainWhenItIsToCompensate)
{
    try
    {
        compensated({"boat", {}, {}}, {});
        FAIL() << "it was compensated";
    }
    catch (const permanent_error&)
    {
        FAIL() << "that is for good";
    }
    catch (const error& e)
    {
        EXPECT_EQ(e.code(), "unknown_activity");
    }
}

TEST_F(Activity, ThatHasNoCompensationAnyMoreSaysSo)
{
    try
    {
        compensated({"price", {}, {}}, {});
        FAIL() << "it was compensated";
    }
    catch (const error& e)
    {
        EXPECT_EQ(e.code(), "no_compensation");
    }
}

TEST_F(Activity, EndsUnderTheNameOfItsCall)
{
    EXPECT_EQ(executed({"hotel", {}, {}}).kept_as, "tag/0");
    EXPECT_EQ(compensated({"hotel", {}, {}}, {{"what", "room"}}).kept_as, "tag/0/undo");
}

TEST_F(Activity, FaultWithVariablesOverTheLimitKeepsItsOwnCode)
{
    hotel_.how = [](booking::execution_type& e) {
        e.set("view", std::string(slip_part_bytes_max, 'v'));
        return e.fault("full", "no bed");
    };
    const slip_record end = executed({"hotel", {}, {}});
    EXPECT_EQ(end.code, "full");
    EXPECT_TRUE(end.variables.empty());
}

/// Else the end could not be recorded, and what was done would be done again.
TEST_F(Activity, TextsThatItEndsWithMayBeAnyBytes)
{
    hotel_.how = [](booking::execution_type& e) { return e.fault("\xFF", std::string(9000, 'x')); };
    const slip_record end = executed({"hotel", {}, {}});
    EXPECT_EQ(end.code, "\xEF\xBF\xBD");
    EXPECT_EQ(end.text, std::string(500, 'x'));
}

TEST_F(Activity, TextsAreCutOffBetweenCharacters)
{
    std::string many = "x";
    for (int n = 0; n < 400; ++n)
        many += "\xC3\xA9";
    EXPECT_EQ(shown(many), many.substr(0, 499));
    EXPECT_EQ(shown(many.substr(0, 499)), many.substr(0, 499));
    EXPECT_EQ(shown(std::string(500, '\xFF')).size(), 498u) << "each is three bytes by then";
}

/// Whoever is called has it from an earlier process, perhaps of another version: it must never change.
TEST_F(Activity, TokenOfACompensationComesFromItsNameAlone)
{
    compensated({"hotel", {}, {}}, {{"what", "room"}});
    EXPECT_EQ(diary_.tokens(), std::vector<std::string>{"2e71ec5162e8e43f76b94354af2693da"});
}
}
}
