// A journal that does not give what it holds: callers are told so, runs are tried again, and nothing else stops.

#include "fake_host.hpp"

#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;
using detail::request_kind;
using test::fake_host;

constexpr base::time_us second = 1'000'000;

workflow<int> naps(context& ctx, int seconds)
{
    co_await ctx.sleep_for(std::chrono::seconds(seconds));
    co_return seconds;
}

class Unreadable : public testing::Test
{
protected:
    Unreadable() { open(nullptr); }

    void open(std::unique_ptr<store::memory_store> left)
    {
        host_ = std::make_unique<fake_host>(std::move(left));
        host_->add("naps", naps);
        host_->options.resident_wait_max = 0s; // every wait sends the run back to the journal
        host_->start();
    }
    /// The run waits in the journal, and nowhere else.
    void start_and_evict(const std::string& id)
    {
        host_->start(naps, id, 10)->value();
        host_->status(naps, id);
        ASSERT_EQ(host_->count.runs_evicted.load(), 1u);
    }

    std::unique_ptr<fake_host> host_;
};

TEST_F(Unreadable, AskingForARunIsRefusedAsIo)
{
    start_and_evict("a");
    host_->readable = false;
    EXPECT_EQ(host_->ask(request_kind::result, naps, "a")->text(),
              "refused io: the journal cannot be read: memory store: unreadable by order of the test");
}

TEST_F(Unreadable, StartingAnIdAgainIsRefusedAsIo)
{
    start_and_evict("a");
    host_->readable = false;
    EXPECT_EQ(host_->start(naps, "a", 10)->value().why, errc::io);
}

TEST_F(Unreadable, CancellingARunIsRefusedAsIoAndCancelsNothing)
{
    start_and_evict("a");
    host_->readable = false;
    EXPECT_EQ(host_->ask(request_kind::cancel, naps, "a")->value().why, errc::io);
    host_->readable = true;
    EXPECT_EQ(host_->status(naps, "a").state, run_state::running);
}

TEST_F(Unreadable, NewIdsAreStartedAllTheSame)
{
    start_and_evict("a");
    host_->readable = false;
    EXPECT_EQ(host_->start(naps, "b", 10)->text(), "ok");
}

TEST_F(Unreadable, ARunThatIsDueIsTriedAgainASecondLater)
{
    start_and_evict("a");
    host_->readable = false;
    host_->clock().advance_by(10 * second);
    host_->await_log("a run that is due cannot be read");
    const auto result = [&] {
        host_->readable = true;
        return host_->ask(request_kind::result, naps, "a");
    }();
    host_->settle(naps);
    EXPECT_FALSE(result->has_come());
    host_->clock().advance_by(second);
    EXPECT_EQ(result->text(), "10");
}

TEST_F(Unreadable, WhatIsDueAfterAnOpenIsTriedAgainASecondLater)
{
    start_and_evict("a");
    auto left = host_->crash();
    host_ = std::make_unique<fake_host>(std::move(left));
    host_->add("naps", naps);
    host_->readable = false;
    host_->start();
    host_->await_log("what is due cannot be read");
    host_->readable = true;
    const auto result = host_->ask(request_kind::result, naps, "a");
    host_->clock().advance_by(second);
    host_->settle(naps);
    host_->clock().advance_by(20 * second);
    EXPECT_EQ(result->text(), "10");
}
}
}
