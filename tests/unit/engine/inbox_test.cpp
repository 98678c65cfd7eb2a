#include <everstep/detail/inbox.hpp>

#include "engine/manual_time.hpp"
#include "engine/open_transaction.hpp"
#include "store/memory_store.hpp"

#include <everstep/services.hpp>
#include <everstep/transaction.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <set>
#include <string>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

class Inbox : public ::testing::Test
{
protected:
    /// What the message is answered: a number that counts the bodies that ran.
    int take(const std::string& id, const once_options& options = {})
    {
        int answer = 0;
        run([&](transaction& tx) { answer = tx.once(id, [&](transaction&) { return ++bodies_; }, options); });
        return answer;
    }
    errc why_not(const std::string& id, const once_options& options = {})
    {
        try
        {
            take(id, options);
        }
        catch (const engine_error& e)
        {
            return e.why();
        }
        return {};
    }
    template <class Body>
    void run(Body&& body)
    {
        open_transaction opened({store_, overlay_, known_, topics_, 100'000, 1'000'000, time_});
        transaction tx(opened, services_);
        body(tx);
        store::batch made;
        opened.write_to(made);
        overlay_.add(opened.written());
        const std::array<const store::batch*, 1> parts{&made};
        store_.commit(parts);
        overlay_.settle(~transaction_number{0});
    }
    /// Beside the two rows that say what the tables are.
    std::size_t rows()
    {
        std::size_t count = 0;
        store_.read([&](const store::snapshot& now) { now.scan_rows("", [&](auto, auto) { return ++count, true; }); });
        return count - 2;
    }
    void pass(std::chrono::microseconds by) { time_.advance_by(by.count()); }

    store::memory_store store_;
    row_overlay overlay_;
    known_tables known_;
    std::set<std::string, std::less<>> topics_;
    services services_;
    manual_time time_;
    int bodies_{};
};

TEST_F(Inbox, TheSecondOfAnIdGetsTheFirstOnesAnswer)
{
    EXPECT_EQ(take("m-1"), 1);
    EXPECT_EQ(take("m-1"), 1);
    EXPECT_EQ(take("m-2"), 2);
    EXPECT_EQ(bodies_, 2);
}

TEST_F(Inbox, AnotherPayloadUnderTheSameIdIsAConflict)
{
    EXPECT_EQ(take("m-1", {.payload = "pay 10"}), 1);
    EXPECT_EQ(take("m-1", {.payload = "pay 10"}), 1);
    EXPECT_EQ(why_not("m-1", {.payload = "pay 11"}), errc::conflict);
    EXPECT_EQ(take("m-1"), 1); // who says nothing of it is answered
    EXPECT_EQ(bodies_, 1);
}

TEST_F(Inbox, AnIdIsKnownForItsWindowAndThenNew)
{
    EXPECT_EQ(take("m-1", {.payload = "a", .window = 1s}), 1);
    pass(999'999us);
    EXPECT_EQ(take("m-1", {.payload = "a", .window = 1s}), 1);
    pass(1us);
    EXPECT_EQ(take("m-1", {.payload = "b", .window = 1s}), 2);
    EXPECT_EQ(take("m-1", {.payload = "b", .window = 1s}), 2);
}

TEST_F(Inbox, WhatABodyThrowsLeavesTheIdNew)
{
    EXPECT_THROW(run([](transaction& tx) { tx.once("m-1", [](transaction&) -> int { throw permanent_error("no", "no"); }); }), permanent_error);
    EXPECT_EQ(take("m-1"), 1);
}

TEST_F(Inbox, OneInsideOfItselfIsRefused)
{
    const auto inner = [](transaction& tx) { return tx.once("m-1", [](transaction&) { return 2; }); };
    try
    {
        run([&](transaction& tx) { tx.once("m-1", inner); });
        FAIL() << "the answer of one of the two is lost";
    }
    catch (const engine_error& e)
    {
        EXPECT_EQ(e.why(), errc::wrong_use);
    }
    EXPECT_EQ(take("m-1"), 1);
}

TEST_F(Inbox, OldIdsAreForgottenWithNewOnes)
{
    for (int n = 0; n < 100; ++n)
        take("old-" + std::to_string(n), {.window = 1s});
    EXPECT_EQ(rows(), 200u);
    pass(2s);
    for (int n = 0; n < 30; ++n)
        take("new-" + std::to_string(n), {.window = 1h});
    EXPECT_EQ(rows(), 60u);
    EXPECT_EQ(take("new-0"), 101); // still known: the hundred and first body answered it
}

TEST_F(Inbox, AnIdThatWasTakenAnewIsNotForgottenWithItsFirstTime)
{
    take("m-1", {.window = 1s});
    pass(2s);
    EXPECT_EQ(take("m-1", {.window = 1h}), 2);
    for (int n = 0; n < 5; ++n)
        take("other-" + std::to_string(n));
    EXPECT_EQ(take("m-1"), 2);
}

TEST_F(Inbox, AWindowWithoutEndIsOne)
{
    EXPECT_EQ(take("m-1", {.window = std::chrono::milliseconds::max()}), 1);
    pass(std::chrono::hours(24 * 365 * 100));
    EXPECT_EQ(take("m-1"), 1);
}

TEST_F(Inbox, AnIdHas1To255Bytes)
{
    EXPECT_EQ(why_not(""), errc::limit);
    EXPECT_EQ(why_not(std::string(256, 'x')), errc::limit);
    EXPECT_EQ(why_not(std::string(255, 'x')), errc{});
}

TEST_F(Inbox, ABodyWithoutAnswerIsTakenOnceToo)
{
    int ran = 0;
    for (int n = 0; n < 3; ++n)
        run([&](transaction& tx) { tx.once("m-1", [&](transaction&) { ++ran; }); });
    EXPECT_EQ(ran, 1);
}
}
}
