// A bank, call by call: what comes twice, too late, or while a server is still at work for a process that is dead. tests/check runs this, and
// sets EVERSTEP_EXAMPLE_DATABASE to a database made from bank.sql.

#include "../bank.hpp"

#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>

namespace money
{
namespace
{
std::string given_database()
{
    const char* where = std::getenv("EVERSTEP_EXAMPLE_DATABASE");
    if (!where)
        throw std::runtime_error("EVERSTEP_EXAMPLE_DATABASE is not set: run examples/two_phase_commit/tests/check");
    return std::string(where) + " options='-c lock_timeout=20'";
}

struct BankTest : testing::Test
{
    BankTest()
    {
        roll_back_all();
        postgres::connection(books).run("truncate account, booking");
        postgres::connection(books).run("insert into account values ('alice', 100)");
    }
    ~BankTest() override { roll_back_all(); }

    void roll_back_all()
    {
        postgres::connection open(books);
        const auto left = open.run("select gid from pg_prepared_xacts where database = current_database()");
        for (int row = 0; row < left.count(); ++row)
            open.run("rollback prepared " + open.quoted(left.at<std::string>(row, 0)));
    }

    std::int64_t number(const std::string& sql) { return postgres::connection(books).run(sql).first<std::int64_t>().value(); }
    std::int64_t cents() { return number("select cents from account"); }
    std::int64_t prepared() { return number("select count(*) from pg_prepared_xacts where database = current_database()"); }

    /// What the bank says no with; empty where it does not.
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

    /// A server that works on for a process that is dead, and has come to where it prepares.
    struct ghost : postgres::connection
    {
        explicit ghost(postgres::database& of) : connection(of)
        {
            run("begin");
            run("insert into booking values ('t', 'alice', -30, false)");
            run("update account set cents = cents - 30");
        }
        void prepare() { run("prepare transaction 't@north'"); }
    };

    postgres::database books{given_database()};
    bank north{"north", books};
};

TEST_F(BankTest, PreparedMoneyIsNotMovedBeforeTheCommit)
{
    north.prepare("t", "alice", -30);
    EXPECT_EQ(cents(), 100);
    north.commit("t");
    EXPECT_EQ(cents(), 70);
}

TEST_F(BankTest, ASecondPrepareFindsTheFirst)
{
    north.prepare("t", "alice", -30);
    north.prepare("t", "alice", -30);
    EXPECT_EQ(prepared(), 1);
    north.commit("t");
    EXPECT_EQ(cents(), 70);
}

TEST_F(BankTest, ASecondCommitFindsTheBookingOfTheFirst)
{
    north.prepare("t", "alice", -30);
    north.commit("t");
    EXPECT_EQ(refusal([&] { north.commit("t"); }), "");
    EXPECT_EQ(cents(), 70);
}

TEST_F(BankTest, CommitOfWhatSomebodyElseRolledBackIsRefused)
{
    north.prepare("t", "alice", -30);
    roll_back_all();
    EXPECT_EQ(refusal([&] { north.commit("t"); }), "heuristic");
}

TEST_F(BankTest, CommitOfWhatWasRolledBackIsRefused)
{
    north.prepare("t", "alice", -30);
    north.roll_back("t");
    EXPECT_EQ(refusal([&] { north.commit("t"); }), "heuristic");
}

TEST_F(BankTest, ASecondRollBackChangesNothing)
{
    north.prepare("t", "alice", -30);
    north.roll_back("t");
    north.roll_back("t");
    EXPECT_EQ(prepared(), 0);
    EXPECT_EQ(cents(), 100);
    EXPECT_EQ(number("select count(*) from booking where is_void"), 1);
}

TEST_F(BankTest, ATransferThatWasRolledBackBeforeItCameIsRefused)
{
    north.roll_back("t");
    EXPECT_EQ(refusal([&] { north.prepare("t", "alice", -30); }), "void");
    EXPECT_EQ(prepared(), 0);
}

TEST_F(BankTest, RollBackAfterTheCommitChangesNothing)
{
    north.prepare("t", "alice", -30);
    north.commit("t");
    north.roll_back("t");
    EXPECT_EQ(cents(), 70);
    EXPECT_EQ(number("select count(*) from booking where is_void"), 0);
}

TEST_F(BankTest, RollBackIsNotDoneWhileAServerMayStillPrepare)
{
    ghost late(books);
    EXPECT_THROW(north.roll_back("t"), postgres::error);
    late.prepare();
    north.roll_back("t");
    EXPECT_EQ(prepared(), 0);
    EXPECT_EQ(cents(), 100);
}

TEST_F(BankTest, PrepareBesideAServerThatIsStillAtItFindsWhatThatOnePrepares)
{
    ghost late(books);
    EXPECT_THROW(north.prepare("t", "alice", -30), postgres::error);
    late.prepare();
    north.prepare("t", "alice", -30);
    north.commit("t");
    EXPECT_EQ(cents(), 70);
}

TEST_F(BankTest, TooLittleMoneyPreparesNothing)
{
    EXPECT_EQ(refusal([&] { north.prepare("t", "alice", -101); }), "insufficient_funds");
    EXPECT_EQ(prepared(), 0);
    EXPECT_EQ(cents(), 100);
}

TEST_F(BankTest, AnUnknownAccountPreparesNothing)
{
    EXPECT_EQ(refusal([&] { north.prepare("t", "carol", 1); }), "no_account");
    EXPECT_EQ(prepared(), 0);
}
}
}
