// The scenarios of throw_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

#include "engine_scenario.hpp"
#include "scenario_deed.hpp"

#include <everstep/fiber_workflow.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

struct oddity
{
    int depth{};
};

/// What is thrown, by number.
[[noreturn]] void throw_number(int what)
{
    switch (what)
    {
    case 0: throw std::runtime_error("standard");
    case 1: throw 42;
    case 2: throw oddity{3};
    case 3: throw cancelled{"by hand"};
    case 4: throw permanent_error("code", "text");
    case 5: throw "a literal";
    default: throw engine_error(errc::conflict, "made up");
    }
}

std::string thrown_text(int what)
{
    const std::string odd = "everstep::test::(anonymous namespace)::oddity";
    switch (what)
    {
    case 0: return "std::runtime_error: standard";
    case 1: return "int: threw a value of type int, which is no std::exception";
    case 2: return odd + ": threw a value of type " + odd + ", which is no std::exception";
    case 3: return "cancelled: by hand";
    case 4: return "code: text";
    case 5: return "char const*: threw a value of type char const*, which is no std::exception";
    default: return "conflict: made up";
    }
}

constexpr step_options once{.retry = {.attempts = 1}};

void throws_in_step(fiber_context& ctx, int what)
{
    ctx.step("throw", once, [&](attempt& a) {
        did(a, ctx.run_id(), "throw");
        throw_number(what);
    });
}

void throws_at_once(fiber_context&, int what)
{
    throw_number(what);
}

void throws_after_reply(replying_fiber_context<int>& ctx, int what)
{
    fiber_saga undo{ctx};
    undo.step("done", leave{ctx, "done"}, undo_deed);
    ctx.reply(what);
    throw_number(what);
}

int bystander(fiber_context& ctx, int)
{
    ctx.sleep_for(1h);
    return ctx.step("calm", [] { return 1; });
}

engine_stage::adder all_of_them()
{
    return [](detail::engine_core& core) {
        adds("step", throws_in_step)(core);
        adds("once", throws_at_once)(core);
        adds("reply", throws_after_reply)(core);
        adds("bystander", bystander)(core);
    };
}

TEST(FiberThrowScenario, WhateverABodyThrowsIsTheStepsFailure)
{
    all_ways({all_of_them(), [](engine_stage& s) {
                  s.start(bystander, "b", 0);
                  for (int what = 0; what <= 6; ++what)
                      s.start(throws_in_step, std::to_string(what), what);
                  for (int what = 0; what <= 6; ++what)
                      EXPECT_EQ(s.result(throws_in_step, std::to_string(what)), "failed " + thrown_text(what));
                  EXPECT_EQ(s.result(bystander, "b"), "1");
              }});
}

TEST(FiberThrowScenario, WhateverAWorkflowThrowsBeforeItsFirstAwaitEndsIt)
{
    all_ways({all_of_them(), [](engine_stage& s) {
                  for (int what = 0; what <= 6; ++what)
                  {
                      const std::string id = std::to_string(what);
                      s.start(throws_at_once, id, what);
                      EXPECT_EQ(s.result(throws_at_once, id), "failed " + thrown_text(what));
                      EXPECT_EQ(s.status(throws_at_once, id).state, what == 3 ? run_state::cancelled : run_state::failed);
                  }
              }});
}

TEST(FiberThrowScenario, WhateverAWorkflowThrowsAfterItsReplyIsCompensatedAndTheReplyStays)
{
    all_ways({all_of_them(), [](engine_stage& s) {
                  for (int what = 0; what <= 6; ++what)
                  {
                      const std::string id = std::to_string(what);
                      s.start(throws_after_reply, id, what);
                      EXPECT_EQ(s.reply(throws_after_reply, id), id);
                      EXPECT_EQ(s.result(throws_after_reply, id), "failed " + thrown_text(what));
                      EXPECT_EQ(s.reply(throws_after_reply, id), id);
                  }
              }});
}
}
}
