// Transactions that nobody waits for: of subscriptions' handlers, and the engine's own.

#include "engine/stored_rows.hpp"
#include "engine/transactor.hpp"
#include "fake_host.hpp"

#include <everstep/transaction.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace everstep::core
{
namespace
{
using detail::sake;
using test::fake_host;

const table<std::string, std::string> notes{"notes"};

class TransactorOwn : public ::testing::Test
{
protected:
    class one final : public detail::outside_transaction
    {
    public:
        one(sake whose, std::function<void(transaction&)> body, std::promise<std::string> told)
            : whose_(whose), body_(std::move(body)), told_(std::move(told))
        {
        }
        sake whose() const noexcept override { return whose_; }
        void run(transaction& tx) override { body_(tx); }
        void ended(std::exception_ptr failure) noexcept override
        {
            try
            {
                if (failure)
                    std::rethrow_exception(failure);
                told_.set_value("ok");
            }
            catch (const error& e)
            {
                told_.set_value(e.code());
            }
        }

    private:
        sake whose_;
        std::function<void(transaction&)> body_;
        std::promise<std::string> told_;
    };

    std::future<std::string> run(sake whose, std::function<void(transaction&)> body)
    {
        std::promise<std::string> told;
        std::future<std::string> text = told.get_future();
        host_.the_transactor().submit(std::make_unique<one>(whose, std::move(body), std::move(told)), admission::wait);
        return text;
    }

    fake_host host_;
};

TEST_F(TransactorOwn, WhatNobodyWaitsForRunsBehindWhatCallersWaitFor)
{
    host_.start();
    std::promise<void> begun, go_on;
    std::string order;
    const auto first = run(sake::caller, [&](transaction&) {
        begun.set_value();
        go_on.get_future().wait(); // both of the others come while this one runs
    });
    begun.get_future().wait();
    auto own = run(sake::engine, [&](transaction&) { order += "own "; });
    auto caller = run(sake::caller, [&](transaction&) { order += "caller "; });
    go_on.set_value();
    own.wait();
    caller.wait();
    EXPECT_EQ(order, "caller own ");
}

TEST_F(TransactorOwn, LimitsOfSizeAreNotForTheEnginesOwn)
{
    host_.options.payload_bytes_max = 1'000;
    host_.options.turn_bytes_max = 5'000;
    host_.start();
    const auto writes = [](transaction& tx) {
        for (const char* key : {"a", "b", "c"})
            tx.put(notes, key, std::string(3'000, 'x'));
    };
    EXPECT_EQ(run(sake::engine, writes).get(), "ok");
    EXPECT_EQ(run(sake::handler, writes).get(), "limit");
    EXPECT_EQ(run(sake::caller, writes).get(), "limit");
}

TEST_F(TransactorOwn, WhatWaitsWhenTheEngineClosesIsToldSo)
{
    host_.start();
    std::promise<void> begun, go_on;
    const auto first = run(sake::caller, [&](transaction&) {
        begun.set_value();
        go_on.get_future().wait();
    });
    begun.get_future().wait();
    auto own = run(sake::handler, [](transaction& tx) { tx.put(notes, "a", "never"); });
    host_.the_transactor().put_closing();
    go_on.set_value();
    EXPECT_EQ(own.get(), "closed");
}
}
}
