// Undos in workflows that are ordinary functions: every form of a step that saga has.

#include <everstep/fiber_workflow.hpp>

#include "small_shop.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace everstep::test
{
namespace
{
constexpr auto undo_text = [](attempt&, services& use, const std::string& what) { use.get<std::string>() += "-" + what + " "; };
constexpr auto look_up = [](attempt&, services& use, const std::string* what) { use.get<std::string>() += what ? "-" + *what + " " : "? "; };

int is_unsure_before_its_pivot(fiber_context& ctx, bool passes)
{
    fiber_saga undo{ctx};
    undo.step("seat", [] { return std::string("seat"); }, undo_text);
    if (passes)
        undo.pivot();
    undo.step_unsure("car", [] { return std::string("car"); }, look_up);
    undo.step_unsure("flight", once, []() -> std::string { throw std::runtime_error("dead line"); }, look_up);
    return 1;
}
std::string undone_of(bool passes)
{
    std::string diary;
    small_shop shop;
    shop->provide(diary);
    failure_of([&] { shop.start(is_unsure_before_its_pivot, passes).result(); });
    shop.reset();
    return diary;
}
TEST(FiberSaga, AnUnsureStepIsLookedUp) { EXPECT_EQ(undone_of(false), "? -car -seat "); }
TEST(FiberSaga, NothingIsUndonePastThePivot) { EXPECT_EQ(undone_of(true), ""); }

constexpr auto refuses = [](attempt&, services&, int) { throw std::runtime_error("closed"); };
constexpr auto refuses_unsure = [](attempt&, services&, const int*) { throw std::runtime_error("closed"); };

int undo_is_bounded(fiber_context& ctx, int form)
{
    const auto pay = [] { return 1; };
    const auto take = [](transaction&) { return 1; };
    fiber_saga undo{ctx};
    switch (form)
    {
    case 0: undo.step("pay", pay, refuses, at_once); break;
    case 1: undo.step("pay", once, pay, refuses, at_once); break;
    case 2: undo.step_unsure("pay", pay, refuses_unsure, at_once); break;
    case 3: undo.step_unsure("pay", once, pay, refuses_unsure, at_once); break;
    case 4: undo.transact("pay", take, refuses, at_once); break;
    default: undo.transact("pay", once.retry, take, refuses, at_once);
    }
    throw permanent_error("no_stock", "sold out");
}
TEST(FiberSaga, AnUndoWithOptionsOfItsOwnEndsWithItsAttempts)
{
    for (int form = 0; form < 6; ++form)
    {
        small_shop shop;
        EXPECT_EQ(failure_of([&] { shop.start(undo_is_bounded, form).result(); }),
                  "compensation_failed: the run is parked: the compensation of step 'pay' failed for good (attempts: 3): std::runtime_error: closed")
            << form;
    }
}

int undone_side_by_side(fiber_context& ctx, int)
{
    fiber_saga undo{ctx, {.undos_at_once = 2}};
    undo.step("a", [] {}, [](attempt&, services& use) {
        use.get<turnstile>().began.open();
        use.get<turnstile>().may_end.wait();
    });
    undo.step("b", [] {}, [](attempt&, services& use) {
        use.get<turnstile>().may_end.open();
        use.get<turnstile>().began.wait();
    });
    undo.compensate();
    return 1;
}
TEST(FiberSaga, UndosRunAtTheSameTimeWhereTheSagaSaysSo)
{
    turnstile both;
    small_shop shop;
    shop->provide(both);
    EXPECT_EQ(shop.start(undone_side_by_side, 1).result(), 1);
}
}
}
