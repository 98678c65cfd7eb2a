// Everything that can be thrown, wherever it is thrown: it ends that run, and nothing else.

#include "engine_scenario.hpp"
#include "scenario_deed.hpp"

#include <everstep/saga.hpp>

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

workflow<void> throws_in_step(context& ctx, int what)
{
    co_await ctx.step("throw", once, [&](attempt& a) {
        did(a, ctx.run_id(), "throw");
        throw_number(what);
    });
}

workflow<void> throws_at_once(context&, int what)
{
    throw_number(what);
    co_return;
}

workflow<void, int> throws_after_reply(context& ctx, int what)
{
    saga undo{ctx};
    co_await undo.step("done", leave{ctx, "done"}, undo_deed);
    co_await ctx.reply(what);
    throw_number(what);
}

workflow<int> bystander(context& ctx, int)
{
    co_await ctx.sleep_for(1h);
    co_return co_await ctx.step("calm", [] { return 1; });
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

TEST(ThrowScenario, WhateverABodyThrowsIsTheStepsFailure)
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

TEST(ThrowScenario, WhateverAWorkflowThrowsBeforeItsFirstAwaitEndsIt)
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

TEST(ThrowScenario, WhateverAWorkflowThrowsAfterItsReplyIsCompensatedAndTheReplyStays)
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
