// A service, call by call: what comes twice, too late, or in the wrong order. tests/check runs this, and sets EVERSTEP_EXAMPLE_DATABASE to a
// database made from reservations.sql.

#include "../reservations.hpp"

#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>

namespace travel
{
namespace
{
std::string given_database(const std::string& settings)
{
    const char* where = std::getenv("EVERSTEP_EXAMPLE_DATABASE");
    if (!where)
        throw std::runtime_error("EVERSTEP_EXAMPLE_DATABASE is not set: run examples/try_confirm_cancel/tests/check");
    return std::string(where) + " options='-c lock_timeout=20 " + settings + "'";
}

struct ReservationsTest : testing::Test
{
    ReservationsTest()
    {
        postgres::connection(books).run("truncate item, reservation");
        postgres::connection(books).run("insert into item values ('room', 2, 2)");
    }

    int free() { return postgres::connection(books).run("select free from item").first<int>().value(); }

    /// What the service says no with; empty where it does not.
    template <class Call>
    static std::string refusal(Call&& call)
    try
    {
        call();
        return {};
    }
    catch (const everstep::permanent_error& no)
    {
        return no.code();
    }
    std::string try_it(const reservations& by) const
    {
        return refusal([&] { by.try_it("t", "room"); });
    }
    std::string confirm(const reservations& by) const
    {
        return refusal([&] { by.confirm("t"); });
    }

    postgres::database books{given_database("")};
    postgres::database books_later{given_database("-c service.ahead=1hour")};
    reservations now{books, "15 minutes"};
    reservations later{books_later, "15 minutes"}; ///< an hour later
};

TEST_F(ReservationsTest, ARepeatedTryTakesOne)
{
    EXPECT_EQ(try_it(now), "");
    EXPECT_EQ(try_it(now), "");
    EXPECT_EQ(free(), 1);
}

TEST_F(ReservationsTest, ATryAfterItsConfirmTakesNoMore)
{
    now.try_it("t", "room");
    now.confirm("t");
    EXPECT_EQ(try_it(now), "");
    EXPECT_EQ(free(), 1);
}

TEST_F(ReservationsTest, WhatIsSoldOutIsRefusedAndLeavesNothing)
{
    now.try_it("a", "room");
    now.try_it("b", "room");
    EXPECT_EQ(try_it(now), "sold_out");
    EXPECT_EQ(confirm(now), "unknown");
    EXPECT_EQ(free(), 0);
}

TEST_F(ReservationsTest, ARepeatedConfirmIsOne)
{
    now.try_it("t", "room");
    EXPECT_EQ(confirm(now), "");
    EXPECT_EQ(confirm(now), "");
    EXPECT_EQ(free(), 1);
}

TEST_F(ReservationsTest, ARepeatedCancelGivesBackOnce)
{
    now.try_it("t", "room");
    now.cancel("t");
    now.cancel("t");
    EXPECT_EQ(free(), 2);
}

TEST_F(ReservationsTest, ACancelGivesBackWhatIsConfirmed)
{
    now.try_it("t", "room");
    now.confirm("t");
    now.cancel("t");
    EXPECT_EQ(free(), 2);
    EXPECT_EQ(confirm(now), "cancelled");
}

TEST_F(ReservationsTest, AnEmptyRollbackGivesNothingBack)
{
    now.cancel("t");
    EXPECT_EQ(free(), 2);
}

TEST_F(ReservationsTest, ASuspendedTryIsRefusedWhenItComesAfterItsCancel)
{
    now.cancel("t");
    EXPECT_EQ(try_it(now), "cancelled");
    EXPECT_EQ(free(), 2);
}

TEST_F(ReservationsTest, ACancelIsNotDoneWhileAServerMayStillTry)
{
    postgres::connection ghost(books); // works on for a process that is dead
    ghost.run("begin");
    ghost.run("insert into reservation values ('t', 'room', 'tried', now() + interval '1 hour')");
    ghost.run("update item set free = free - 1");
    EXPECT_THROW(now.cancel("t"), postgres::error);
    ghost.run("commit");
    now.cancel("t");
    EXPECT_EQ(free(), 2);
}

TEST_F(ReservationsTest, ATryThatIsPastItsTimeIsFreeAgainAndItsConfirmIsRefused)
{
    now.try_it("t", "room");
    EXPECT_EQ(confirm(later), "expired");
    EXPECT_EQ(free(), 2);
}

TEST_F(ReservationsTest, ARepeatedTryThatIsPastItsTimeIsRefused)
{
    now.try_it("t", "room");
    EXPECT_EQ(try_it(later), "expired");
    EXPECT_EQ(free(), 2);
}

TEST_F(ReservationsTest, ACancelOfWhatHasExpiredGivesNothingBack)
{
    now.try_it("t", "room");
    later.cancel("t");
    EXPECT_EQ(free(), 2);
}

TEST_F(ReservationsTest, WhatIsConfirmedDoesNotExpire)
{
    now.try_it("t", "room");
    now.confirm("t");
    EXPECT_EQ(confirm(later), "");
    EXPECT_EQ(free(), 1);
}

TEST_F(ReservationsTest, SeveralThatExpireAtOnceAreAllFreeAgain)
{
    now.try_it("a", "room");
    now.try_it("b", "room");
    EXPECT_EQ(try_it(later), "");
    EXPECT_EQ(free(), 1);
}
}
}
