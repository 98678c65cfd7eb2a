// The recorded journals, which coroutines have written, under functions on fibers: every run, cut at every entry, goes on to its recorded end.

#include "compat_workflows.hpp"
#include "journal_dump.hpp"

#include <everstep/fiber_workflow.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;
using compat::everything;

// As compat_workflows.hpp has them.

everything values(replying_fiber_context<std::string>& ctx, const everything& given)
{
    const everything one = ctx.step("everything", [&] { return compat::sample(static_cast<int>(given.list.size())); });
    ctx.reply(one.text);
    const auto pair = ctx.step("tuple", [&] { return std::make_tuple(one.number * 3, one.maybe, one.either); });
    ctx.sleep_for(90min);
    ctx.step("nothing", [] {});
    const auto far = ctx.step("map", [] { return std::map<int, std::pair<std::string, bool>>{{7, {"seven", true}}}; });
    ctx.sleep_until(fiber_context::time_point(std::chrono::microseconds(1'000'000'000'000'000 + 10'000'000'000)));
    everything last = one;
    last.maybe = far.begin()->first;
    last.number = std::get<0>(pair);
    return last;
}

int below(fiber_context& ctx, int n)
{
    const int sum = ctx.step(std::string("below ") + std::to_string(n), compat::steady, [&](attempt& a) {
        if (a.number() < 2)
            throw std::runtime_error("first attempt");
        return n + 1;
    });
    ctx.sleep_for(1h);
    return sum;
}

int fails(fiber_context& ctx, int n)
{
    fiber_saga undo{ctx};
    undo.step("charge", [&] { return n; }, [](attempt& a, services&, const int&) {
        if (a.number() < 2)
            throw std::runtime_error("the bank is closed");
    });
    const int one = below(ctx, n);
    undo.step("reserve", [&] { return std::to_string(one); }, [](attempt&, services&, const std::string&) {});
    try
    {
        ctx.step("declined", [] { throw permanent_error("declined", "no"); });
    }
    catch (const step_failed&)
    {
        below(ctx, one); // a coroutine could not wait here
    }
    throw permanent_error("lost", "the parcel is lost");
}

void waits(replying_fiber_context<int>& ctx, int n)
{
    fiber_saga undo{ctx};
    undo.step("charge", [&] { return n; }, [](attempt&, services&, const int&) {});
    ctx.step("token", [](attempt& a) { return a.token(); });
    ctx.reply(n);
    ctx.wait_forever();
}

void add_all(detail::engine_core& core)
{
    adds("values", values)(core);
    adds("fails", fails)(core);
    adds("waits", waits)(core);
}

class FiberGoldenJournal : public ::testing::TestWithParam<std::string>
{
};

TEST_P(FiberGoldenJournal, EveryRunGoesOnFromEveryEntryToItsRecordedEnd)
{
    std::ifstream file(std::string(EVERSTEP_TEST_FOLDER "/compat/journals/") + GetParam() + ".txt");
    const engine_journal runs = read_journal(*load_journal(file)->open());
    ASSERT_EQ(runs.size(), 3u);
    for (const auto& [name, run] : runs)
        for (std::size_t entries = 1; entries < run.entries.size(); ++entries)
        {
            SCOPED_TRACE(name + " cut after " + run.entries[entries - 1].brief());
            engine_world world(cut_run(run, entries));
            world.wall = run.entries[entries - 1].at;
            {
                engine_stage s(world, add_all);
                const std::string id = name.substr(name.find('/') + 1);
                if (id == "v")
                    s.result(values, id);
                else if (id == "f")
                    s.result(fails, id);
                else
                {
                    s.reply(waits, id);
                    s.cancel_once(waits, name, "enough");
                    s.result(waits, id);
                }
            }
            ASSERT_EQ(text_of(world.look()), text_of({{name, run}}));
        }
}

INSTANTIATE_TEST_SUITE_P(Recorded, FiberGoldenJournal, ::testing::Values("clang_1", "gcc_1"), [](const auto& recorded) { return recorded.param; });
}
}
