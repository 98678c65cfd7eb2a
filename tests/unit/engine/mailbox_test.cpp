#include "engine/mailbox.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace everstep::core
{
namespace
{
TEST(Mailbox, NothingIsTakenFromAnEmptyOne)
{
    mailbox box;
    mailbox::content taken;
    taken.stop = true; // of an earlier look
    box.take(taken, false);
    EXPECT_TRUE(taken.empty());
}

TEST(Mailbox, EverythingIsTakenInOneSweep)
{
    mailbox box;
    box.put([](mailbox::content& c) { c.due.push_back({1, base::run_number{1}, 1}); });
    box.put([](mailbox::content& c) { c.due.push_back({2, base::run_number{2}, 2}); });
    mailbox::content taken;
    box.take(taken, true);
    EXPECT_EQ(taken.due.size(), 2u);
}

TEST(Mailbox, WhatWasTakenIsGone)
{
    mailbox box;
    box.put([](mailbox::content& c) { c.requests.emplace_back(); });
    mailbox::content taken;
    box.take(taken, true);
    box.take(taken, false);
    EXPECT_TRUE(taken.empty());
}

TEST(Mailbox, OrderOfArrivalIsKept)
{
    mailbox box;
    for (std::uint64_t hash = 0; hash < 10; ++hash)
        box.put([hash](mailbox::content& c) { c.requests.emplace_back().id_hash = hash; });
    mailbox::content taken;
    box.take(taken, true);
    std::vector<std::uint64_t> order;
    for (const request_item& item : taken.requests)
        order.push_back(item.id_hash);
    EXPECT_EQ(order, (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(Mailbox, EachKindOfNewsWakes)
{
    const std::vector<std::function<void(mailbox::content&)>> kinds{
        [](mailbox::content& c) { c.finished.push_back(nullptr); }, [](mailbox::content& c) { c.requests.emplace_back(); },
        [](mailbox::content& c) { c.due.emplace_back(); },          [](mailbox::content& c) { c.durable = true; },
        [](mailbox::content& c) { c.alarm = true; },                [](mailbox::content& c) { c.closing = true; },
        [](mailbox::content& c) { c.stop = true; }};
    for (const auto& change : kinds)
    {
        mailbox::content one;
        change(one);
        EXPECT_FALSE(one.empty());
    }
}

TEST(Mailbox, ClearForgetsEachKind)
{
    mailbox::content all;
    all.finished.push_back(nullptr);
    all.requests.emplace_back();
    all.due.emplace_back();
    all.durable = all.alarm = all.closing = all.stop = true;
    all.clear();
    EXPECT_TRUE(all.empty());
}

TEST(Mailbox, SleepingShardIsWoken)
{
    mailbox box;
    mailbox::content taken;
    std::thread shard([&] { box.take(taken, true); });
    box.put([](mailbox::content& c) { c.alarm = true; });
    shard.join();
    EXPECT_TRUE(taken.alarm);
}

TEST(Mailbox, NothingIsLostBetweenThreads)
{
    constexpr std::size_t each = 10'000;
    mailbox box;
    std::vector<std::thread> senders;
    for (int n = 0; n < 3; ++n)
        senders.emplace_back([&box] {
            for (std::size_t sent = 0; sent < each; ++sent)
                box.put([](mailbox::content& c) { c.due.emplace_back(); });
        });
    std::size_t taken = 0;
    for (mailbox::content news; taken < 3 * each; taken += news.due.size())
        box.take(news, true);
    for (std::thread& sender : senders)
        sender.join();
    EXPECT_EQ(taken, 3 * each);
}
}
}
