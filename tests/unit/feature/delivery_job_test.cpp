#include "feature/delivery_job.hpp"

#include "engine/registry.hpp"
#include "fake_host.hpp"
#include "stored_events.hpp"

#include <everstep/context.hpp>
#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

const table<std::string, int> sold{"sold"};

workflow<int> ships(context&, int)
{
    co_return 1;
}

class DeliveryJob : public ::testing::Test, public job_home
{
protected:
    ~DeliveryJob() override = default;
    void take_back(std::span<body_job* const> finished) noexcept override
    {
        for (body_job* one : finished)
            back_.emplace_back(static_cast<delivery_job*>(one));
    }

    static handed_pointer make(event_number number, const std::string& id = "e-1", const std::string& data = "1")
    {
        auto what = std::make_shared<event>();
        what->number = number;
        what->topic = "orders";
        what->id = id;
        what->data = data;
        auto one = std::make_unique<handed_event>();
        one->what = std::move(what);
        return one;
    }
    static std::vector<handed_pointer> list(handed_pointer one)
    {
        std::vector<handed_pointer> all;
        all.push_back(std::move(one));
        return all;
    }
    std::unique_ptr<delivery_job> job(subscriber& of, std::vector<handed_pointer> what)
    {
        return std::make_unique<delivery_job>(*this, of, std::move(what), stop_.get_token(), given_);
    }
    std::unique_ptr<delivery_job> job_of_three(subscriber& of)
    {
        std::vector<handed_pointer> all;
        for (event_number n = 1; n <= 3; ++n)
            all.push_back(make(n));
        return job(of, std::move(all));
    }
    static detail::subscription_setup setup(detail::event_handler to, std::uint32_t concurrency = 16)
    {
        return {"orders", "mail", std::move(to), concurrently(concurrency)};
    }
    static detail::subscription_setup setup(detail::event_transaction to) { return {"orders", "mail", std::move(to), {}}; }
    static detail::subscription_setup workflow_of(std::string (*input)(const event&), std::string name = "ship")
    {
        return {"orders", std::move(name), detail::event_workflow{test::fake_host::key_of(ships), input}, {}};
    }

    // Transactions.

    std::unique_ptr<detail::outside_transaction> transaction_of(subscriber& of, handed_pointer what)
    {
        return as_transaction(job(of, list(std::move(what))), inflight_, hint_);
    }
    /// As the transactor does. What the job came to.
    delivery_job& run(std::unique_ptr<detail::outside_transaction> one)
    {
        std::exception_ptr failure;
        try
        {
            in_.transact([&](transaction& tx) { one->run(tx); });
        }
        catch (...)
        {
            failure = std::current_exception();
        }
        one->ended(failure);
        return *back_.back();
    }

    // Starts.

    delivery_job& answer(detail::answer what)
    {
        subscriber& of = *subscribers_.emplace_back(std::make_unique<subscriber>(workflow_of(&detail::input_of_event<int>)));
        const detail::request asked{.what = asked_for_, .when_full = {}, .function = {}, .id = {}, .parent = parent_};
        const ask_engine ask = [this](detail::request&& wanted, std::unique_ptr<detail::receiver> to) {
            told_ = std::move(wanted);
            to->take({});
        };
        as_receiver(job(of, list(make(1))), asked, ask)->take(std::move(what));
        return *back_.back();
    }
    detail::request_kind asked_for_{detail::request_kind::start};
    std::string parent_;   ///< of what is started
    detail::request told_; ///< what the engine was asked because of an answer
    static detail::answer refusal(errc why)
    {
        detail::answer a;
        a.what = detail::answer_kind::engine_error;
        a.why = why;
        a.text = "no";
        return a;
    }

    stored_events in_;
    services given_;
    std::stop_source stop_;
    inflight_map inflight_;
    std::uint32_t hint_{};
    registry workflows_;
    std::vector<std::unique_ptr<subscriber>> subscribers_;
    std::vector<std::unique_ptr<delivery_job>> back_;
};

// Handlers.

TEST_F(DeliveryJob, AHandlerHasTheEventAndWhatIsToBeKnownOfIt)
{
    int service = 7;
    given_.add(service);
    std::string seen;
    subscriber of(setup([&](const event& e, delivery& d) {
        seen = e.id + " " + std::string(d.subscription()) + " " + std::to_string(d.attempt()) + (d.redelivered() ? " again " : " fresh ") +
               std::to_string(d.use<int>());
    }));
    const auto one = job(of, list(make(1)));
    one->run();
    EXPECT_EQ(seen, "e-1 mail 1 fresh 7");
    EXPECT_EQ(one->outcome().end, delivery_end::delivered);
    EXPECT_EQ(one->done(), 1u);
    EXPECT_FALSE(one->was_refused());
}

TEST_F(DeliveryJob, AttemptsAreCountedFromTheFailures)
{
    std::uint32_t attempt = 0;
    bool redelivered = false;
    subscriber of(setup([&](const event&, delivery& d) {
        attempt = d.attempt();
        redelivered = d.redelivered();
    }));
    handed_pointer what = make(1);
    what->failures = 4;
    job(of, list(std::move(what)))->run();
    EXPECT_EQ(attempt, 5u);
    EXPECT_TRUE(redelivered);
}

TEST_F(DeliveryJob, OneThatMayHaveBeenSeenIsFlaggedWithoutFailures)
{
    bool redelivered = false;
    subscriber of(setup([&](const event&, delivery& d) { redelivered = d.redelivered(); }));
    handed_pointer what = make(1);
    what->redelivered = true;
    job(of, list(std::move(what)))->run();
    EXPECT_TRUE(redelivered);
}

TEST_F(DeliveryJob, ATokenIsOfTheSubscriptionAndTheEventAndOfNothingElse)
{
    const auto token = [&](const char* name, event_number number, std::uint32_t failures) {
        detail::subscription_setup named = handler_setup();
        named.name = name;
        subscriber of(named);
        handed_pointer what = make(number);
        what->failures = failures;
        return job(of, list(std::move(what)))->token();
    };
    EXPECT_EQ(token("mail", 1, 0), token("mail", 1, 9));
    EXPECT_NE(token("mail", 1, 0), token("mail", 2, 0));
    EXPECT_NE(token("mail", 1, 0), token("ledger", 1, 0));
    EXPECT_EQ(token("mail", 1, 0), "29f6aa81db6ba9b6ac9923f6be8eaa26"); // others deduplicate by it: it must never change
}

TEST_F(DeliveryJob, SomeEventsGoOneAfterTheOther)
{
    std::string seen;
    subscriber of(setup([&](const event& e, delivery&) { seen += std::to_string(e.number) + " "; }));
    const auto one = job_of_three(of);
    one->run();
    EXPECT_EQ(seen, "1 2 3 ");
    EXPECT_EQ(one->done(), 3u);
}

TEST_F(DeliveryJob, TheFirstThatFailsEndsIt)
{
    std::string seen;
    subscriber of(setup([&](const event& e, delivery&) {
        seen += std::to_string(e.number) + " ";
        if (e.number == 2)
            throw std::runtime_error("not now");
    }));
    const auto one = job_of_three(of);
    one->run();
    EXPECT_EQ(seen, "1 2 ");
    EXPECT_EQ(one->done(), 1u);
    EXPECT_EQ(one->what().what->number, 2u);
    EXPECT_EQ(one->outcome().end, delivery_end::failed);
    EXPECT_EQ(one->outcome().code, "std::runtime_error");
    EXPECT_EQ(one->outcome().text, "not now");
}

TEST_F(DeliveryJob, NoneBeginsOnceTheEngineCloses)
{
    std::string seen;
    subscriber of(setup([&](const event& e, delivery& d) {
        seen += std::to_string(e.number) + " ";
        if (e.number == 2)
            stop_.request_stop();
        EXPECT_EQ(d.stop().stop_requested(), e.number == 2);
    }));
    const auto one = job_of_three(of);
    one->run();
    EXPECT_EQ(seen, "1 2 ");
    EXPECT_EQ(one->done(), 2u);
    EXPECT_EQ(one->outcome().end, delivery_end::delivered) << "of what was done";
}

TEST_F(DeliveryJob, WhereAllThatMayRunDoItIsRefused)
{
    bool seen = false;
    subscriber of(setup([&](const event&, delivery&) { seen = true; }, 1));
    ASSERT_TRUE(of.may_begin());
    const auto one = job_of_three(of);
    one->run();
    EXPECT_TRUE(one->was_refused());
    EXPECT_EQ(one->done(), 0u);
    EXPECT_FALSE(seen);
    EXPECT_EQ(one->outcome().end, delivery_end::delivered);
}

TEST_F(DeliveryJob, OneThatEndsMakesRoomForTheNextHoweverItEnds)
{
    subscriber of(setup([](const event&, delivery&) { throw 7; }, 1));
    for (int n = 0; n < 3; ++n)
    {
        const auto one = job(of, list(make(1)));
        one->run();
        EXPECT_FALSE(one->was_refused());
    }
}

TEST_F(DeliveryJob, WhateverAHandlerThrowsHasItsOutcome)
{
    const auto outcome_of = [&](const std::function<void()>& thrower) {
        subscriber of(setup([&](const event&, delivery&) { thrower(); }));
        const auto one = job(of, list(make(1)));
        one->run();
        EXPECT_EQ(one->done(), 0u);
        return one->outcome();
    };
    const delivery_outcome permanent = outcome_of([] { throw permanent_error("no_address", "nobody lives there"); });
    EXPECT_EQ(permanent.end, delivery_end::permanent);
    EXPECT_EQ(permanent.code, "no_address");
    EXPECT_EQ(permanent.text, "nobody lives there");
    const delivery_outcome asks = outcome_of([] { throw retry_after(7s, "busy"); });
    EXPECT_EQ(asks.end, delivery_end::later);
    EXPECT_EQ(asks.delay, 7s);
    EXPECT_EQ(asks.text, "busy");
    EXPECT_EQ(outcome_of([] { throw codec_error("no number"); }).end, delivery_end::permanent) << "its data will be the same";
    EXPECT_EQ(outcome_of([] { throw 7; }).end, delivery_end::failed);
    EXPECT_EQ(outcome_of([] { throw 7; }).code, "int");
    EXPECT_EQ(outcome_of([] { throw cancelled{"why"}; }).code, "cancelled");
    EXPECT_EQ(outcome_of([] { throw engine_closed(); }).end, delivery_end::failed) << "of another engine";
    EXPECT_EQ(outcome_of([] { throw engine_error(errc::unknown, "t"); }).code, "unknown");
}

TEST_F(DeliveryJob, ItSaysWhatItIsForPeople)
{
    subscriber of(handler_setup());
    EXPECT_EQ(job(of, list(make(17)))->describe(), "subscription mail event 17");
}

TEST_F(DeliveryJob, ProcessDeathsCountAgainstTheEventAndNeverAgainstARun)
{
    subscriber of(handler_setup());
    EXPECT_EQ(job(of, list(make(17)))->blame_step, 17u);
    EXPECT_GE(delivery_job::blame_of("mail"), 1ull << 63);
    EXPECT_NE(delivery_job::blame_of("mail"), delivery_job::blame_of("ledger"));
}

// Transactions.

TEST_F(DeliveryJob, ATransactionWritesWithItThatItWasTaken)
{
    subscriber of(setup([](transaction& tx, const event& e, delivery& d) { tx.add(sold, e.id, static_cast<int>(d.attempt())); }));
    handed_pointer what = make(9, "e-9");
    what->generation = 3;
    delivery_job& ended = run(transaction_of(of, std::move(what)));
    EXPECT_EQ(ended.outcome().end, delivery_end::delivered);
    EXPECT_EQ(ended.done(), 1u);
    in_.look([](const table_reader& in) {
        EXPECT_EQ(in.get(sold, "e-9"), 1);
        EXPECT_EQ(in.get(taken_table(), {"mail", 9}), 3u);
    });
}

TEST_F(DeliveryJob, ATransactionThatThrowsWritesNothing)
{
    subscriber of(setup([](transaction& tx, const event& e, delivery&) {
        tx.add(sold, e.id, 1);
        throw std::runtime_error("not now");
    }));
    delivery_job& ended = run(transaction_of(of, make(9)));
    EXPECT_EQ(ended.outcome().end, delivery_end::failed);
    EXPECT_EQ(ended.outcome().text, "not now");
    EXPECT_EQ(ended.done(), 0u);
    EXPECT_EQ(in_.count(sold), 0u);
    EXPECT_EQ(in_.count(taken_table()), 0u);
}

TEST_F(DeliveryJob, ATransactionIsOfAHandlerAndNotOfACaller)
{
    subscriber of(setup([](transaction&, const event&, delivery&) {}));
    const auto one = transaction_of(of, make(9));
    EXPECT_EQ(one->whose(), detail::sake::handler);
    one->ended(nullptr); // else it is never given back
}

TEST_F(DeliveryJob, ATransactionThatCouldNotBeCommittedWasNotDelivered)
{
    for (const errc why : {errc::closed, errc::unknown, errc::limit, errc::io})
    {
        subscriber of(setup([](transaction&, const event&, delivery&) {}));
        const auto one = transaction_of(of, make(9));
        in_.transact([&](transaction& tx) { one->run(tx); });
        one->ended(std::make_exception_ptr(engine_error(why, "no")));
        EXPECT_EQ(back_.back()->done(), 0u) << name_of(why);
        const bool is_the_end = why != errc::limit; // or the journal's
        EXPECT_EQ(back_.back()->outcome().end, is_the_end ? delivery_end::never_begun : delivery_end::failed) << name_of(why);
        back_.clear();
    }
}

TEST_F(DeliveryJob, ATransactionThatNeverRanWasNeverBegun)
{
    bool seen = false;
    subscriber of(setup([&](transaction&, const event&, delivery&) { seen = true; }));
    transaction_of(of, make(9))->ended(std::make_exception_ptr(engine_closed()));
    EXPECT_EQ(back_.back()->outcome().end, delivery_end::never_begun);
    EXPECT_FALSE(seen);
}

/// "Begin nothing": it had waited for its turn.
TEST_F(DeliveryJob, ATransactionDoesNotBeginOnceTheEngineCloses)
{
    bool seen = false;
    subscriber of(setup([&](transaction&, const event&, delivery&) { seen = true; }));
    stop_.request_stop();
    delivery_job& ended = run(transaction_of(of, make(9)));
    EXPECT_FALSE(seen);
    EXPECT_EQ(ended.outcome().end, delivery_end::never_begun);
    EXPECT_EQ(in_.count(taken_table()), 0u);
}

/// What the handler throws decides, also where it has the name of an engine's end.
TEST_F(DeliveryJob, ATransactionThatThrowsAnEnginesEndHasFailed)
{
    subscriber of(setup([](transaction&, const event&, delivery&) { throw engine_closed(); }));
    EXPECT_EQ(run(transaction_of(of, make(9))).outcome().end, delivery_end::failed);
}

// Starts of workflows.

TEST_F(DeliveryJob, ARunsIdIsTheSubscriptionAndTheEvent)
{
    subscriber of(workflow_of(&detail::input_of_event<int>));
    const detail::request start = as_start(*job(of, list(make(9, "e-9", "42"))), workflows_);
    EXPECT_EQ(start.what, detail::request_kind::start);
    EXPECT_EQ(start.when_full, admission::wait);
    EXPECT_EQ(start.function, test::fake_host::key_of(ships));
    EXPECT_EQ(start.id, "ship/e-9");
    EXPECT_EQ(start.bytes, "42");
}

TEST_F(DeliveryJob, AnInputMayBeTheEventItself)
{
    subscriber of(workflow_of(&detail::input_of_event<event>));
    const detail::request start = as_start(*job(of, list(make(9, "e-9", "\"x\""))), workflows_);
    const event input = decode<event>(start.bytes);
    EXPECT_EQ(input.number, 9u);
    EXPECT_EQ(input.data, "\"x\"");
}

TEST_F(DeliveryJob, AnIdThatIsTooLongIsAHashOfIt)
{
    subscriber of(workflow_of(&detail::input_of_event<int>));
    const std::size_t fits = 255 - std::string("ship/").size();
    EXPECT_EQ(as_start(*job(of, list(make(9, std::string(fits, 'x')))), workflows_).id, "ship/" + std::string(fits, 'x'));
    const std::string one = as_start(*job(of, list(make(9, std::string(fits + 1, 'x')))), workflows_).id;
    const std::string other = as_start(*job(of, list(make(9, std::string(fits, 'x') + "y"))), workflows_).id;
    EXPECT_EQ(one.substr(0, 6), "ship/#");
    EXPECT_EQ(one.size(), 6u + 32u);
    EXPECT_NE(one, other);
    EXPECT_EQ(one, as_start(*job(of, list(make(10, std::string(fits + 1, 'x')))), workflows_).id);
}

TEST_F(DeliveryJob, ALongNameAndALongIdFitToo)
{
    subscriber of(workflow_of(&detail::input_of_event<int>, std::string(128, 'n')));
    EXPECT_LE(as_start(*job(of, list(make(9, std::string(255, 'x')))), workflows_).id.size(), 255u);
}

TEST_F(DeliveryJob, DataThatAreNoInputAreRefused)
{
    subscriber of(workflow_of(&detail::input_of_event<int>));
    EXPECT_THROW(as_start(*job(of, list(make(9, "e-9", "\"x\""))), workflows_), codec_error);
    EXPECT_THROW(as_start(*job(of, list(make(9, "e-9", "no json"))), workflows_), codec_error);
}

TEST_F(DeliveryJob, ARunThatHasStartedIsDelivered)
{
    delivery_job& ended = answer({});
    EXPECT_EQ(ended.outcome().end, delivery_end::delivered);
    EXPECT_EQ(ended.done(), 1u);
}

TEST_F(DeliveryJob, AStartThatMayGoLaterHasFailed)
{
    for (const errc why : {errc::overloaded})
    {
        delivery_job& ended = answer(refusal(why));
        EXPECT_EQ(ended.outcome().end, delivery_end::failed);
        EXPECT_EQ(ended.outcome().code, name_of(why));
        EXPECT_EQ(ended.done(), 0u);
    }
}

TEST_F(DeliveryJob, AStartThatIsRefusedForGoodIsPermanent)
{
    for (const errc why : {errc::conflict, errc::limit, errc::wrong_use, errc::bad_value})
        EXPECT_EQ(answer(refusal(why)).outcome().end, delivery_end::permanent) << name_of(why);
    EXPECT_EQ(back_.front()->outcome().code, "conflict");
    EXPECT_EQ(back_.front()->outcome().text, "no");
}

TEST_F(DeliveryJob, AStartThatTheEnginesEndCutOffWasNeverBegun)
{
    for (const errc why : {errc::closed, errc::unknown})
        EXPECT_EQ(answer(refusal(why)).outcome().end, delivery_end::never_begun) << name_of(why);
}
}
}
