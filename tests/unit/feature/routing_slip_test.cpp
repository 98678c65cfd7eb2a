// A slip over engine time that the test moves, and over engines that know other activities; how users follow slips is in unit/public.

#include <everstep/routing_slip.hpp>

#include "../engine/opened_engine.hpp"
#include "engine_journal.hpp"
#include "travel_bureau.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;
using namespace test;
using detail::request_kind;

class RoutingSlip : public ::testing::Test
{
protected:
    RoutingSlip()
    {
        trip_.route.add("flight").add("hotel").add("car");
        car_.how = [](booking::execution_type& e) { return e.fault("no_car", "sold out"); };
        for (const char* name : {"flight", "hotel", "car"})
            add(given_, name);
    }
    void add(slip_activities& to, const std::string& name)
    {
        to.add(name, name == "flight" ? flight_ : name == "hotel" ? hotel_ : car_);
    }

    /// An engine over what the last one has left; null: without any activities.
    void open(slip_activities* with)
    {
        engine_.reset();
        engine_ = std::make_unique<opened_engine>(store_);
        if (with)
            engine_->core->given.add(*with);
        engine_->add("slip", run_slip);
        engine_->core->open();
    }
    void start()
    {
        open(&given_);
        EXPECT_EQ(engine_->start(run_slip, "a", trip_)->text(), "ok");
    }
    std::string result() { return engine_->ask(request_kind::result, run_slip, "a")->text(); }
    std::string end() { return text_of(decode<slip_outcome>(result())); }
    void cancel() { EXPECT_EQ(engine_->ask(request_kind::cancel, run_slip, "a")->text(), "ok"); }
    void wait_for(const std::string& entry)
    {
        while (!read_journal(*store_).at("slip/a").has(entry))
            std::this_thread::yield();
    }
    void pass(std::chrono::microseconds time) { engine_->time->advance_to(engine_->time->now() + time.count()); }

    travel_diary diary_;
    booking flight_{diary_}, hotel_{diary_}, car_{diary_};
    slip_activities given_;
    routing_slip trip_;
    std::shared_ptr<store::memory_store> store_ = std::make_shared<store::memory_store>();
    std::unique_ptr<opened_engine> engine_;
};

TEST_F(RoutingSlip, CompensationThatACancelDroppedBeginsAnewWithItsToken)
{
    bool is_closed = true;
    hotel_.back = [&](booking::compensation_type&) {
        if (std::exchange(is_closed, false))
            throw retry_after(1h, "closed");
    };
    start();
    wait_for("step_retry compensate hotel");
    cancel();
    EXPECT_EQ(end(), "faulted no_car: sold out | flight compensated, hotel compensated, car faulted");
    EXPECT_EQ(diary_.text(), "+flight +hotel +car -hotel -hotel -flight");
    EXPECT_EQ(diary_.tokens()[3], diary_.tokens()[4]);
}

TEST_F(RoutingSlip, ThatIsCancelledAndCannotBeCompensatedEndsInItsOutcome)
{
    hotel_.back = [](booking::compensation_type&) { throw permanent_error("no_refund", "too late"); };
    car_.how = [](booking::execution_type&) -> slip_end { throw retry_after(1h, "nobody there"); };
    start();
    wait_for("step_retry car");
    cancel();
    EXPECT_EQ(end(), "compensation_failed cancelled:  | flight completed, hotel compensation_failed, car faulted");
}

TEST_F(RoutingSlip, ThatHasTerminatedWhenItIsCancelledIsNotCompensated)
{
    hotel_.how = [](booking::execution_type& e) {
        while (!e.stop().stop_requested())
            std::this_thread::yield();
        return e.terminate("stays at home");
    };
    start();
    while (diary_.text() != "+flight +hotel")
        std::this_thread::yield();
    cancel();
    EXPECT_EQ(end(), "terminated terminated: stays at home | flight completed, hotel completed");
}

TEST_F(RoutingSlip, ActivityThatIsMissingAfterARestartFaults)
{
    hotel_.how = [](booking::execution_type&) -> slip_end { throw retry_after(1h, "nobody there"); };
    start();
    wait_for("step_retry hotel");
    slip_activities fewer;
    add(fewer, "flight");
    open(&fewer);
    pass(1h);
    const std::string said = end();
    EXPECT_EQ(said.substr(0, 24), "faulted unknown_activity") << said;
    EXPECT_EQ(diary_.text(), "+flight +hotel -flight");
}

TEST_F(RoutingSlip, ActivityThatIsMissingToCompensateIsWaitedFor)
{
    hotel_.back = [](booking::compensation_type& c) {
        if (c.number() == 1)
            throw retry_after(1h, "closed");
    };
    start();
    wait_for("step_retry compensate hotel");
    slip_activities fewer;
    add(fewer, "flight");
    open(&fewer);
    pass(1h);
    while (read_journal(*store_).at("slip/a").count("step_retry compensate hotel") < 2)
        std::this_thread::yield();
    open(&given_);
    pass(1h);
    EXPECT_EQ(end(), "faulted no_car: sold out | flight compensated, hotel compensated, car faulted");
}

/// What it has done is not lost: the program is wrong, not the slip.
TEST_F(RoutingSlip, WithoutActivitiesAfterARestartIsParkedAndGoesOnWhenTheyAreBack)
{
    bool is_closed = true;
    hotel_.how = [&](booking::execution_type& e) {
        if (std::exchange(is_closed, false))
            throw retry_after(1h, "nobody there");
        return e.completed();
    };
    start();
    wait_for("step_retry hotel");
    open(nullptr);
    pass(1h);
    EXPECT_EQ(result().substr(0, 18), "failed divergence:");
    open(&given_);
    EXPECT_EQ(engine_->ask(request_kind::resume, run_slip, "a")->text(), "ok");
    EXPECT_EQ(end(), "faulted no_car: sold out | flight compensated, hotel completed, car faulted");
}
}
}
