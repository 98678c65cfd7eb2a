// The scenarios of retention_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

#include "engine_scenario.hpp"
#include "scenario_deed.hpp"

#include <everstep/fiber_workflow.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

int quick(fiber_context& ctx, int n)
{
    return ctx.step("add",
                                [&](attempt& a)
                                {
                                    did(a, ctx.run_id(), "add");
                                    return n + 1;
                                });
}

std::size_t counts(fiber_context&, std::string word) { return word.size(); }

int fails(fiber_context& ctx, int n)
{
    ctx.step("fail",
                      [&](attempt& a)
                      {
                          did(a, ctx.run_id(), "fail");
                          throw permanent_error{"no", "never"};
                      });
    return n;
}

int sleeps(fiber_context& ctx, int n)
{
    ctx.sleep_for(150min);
    return ctx.step("wake",
                                [&](attempt& a)
                                {
                                    did(a, ctx.run_id(), "wake");
                                    return n;
                                });
}

int waits(fiber_context& ctx, int n)
{
    const int sum = ctx.step("add",
                                      [&](attempt& a)
                                      {
                                          did(a, ctx.run_id(), "add");
                                          return n + 1;
                                      });
    ctx.wait_forever();
    return sum;
}

engine_stage::adder all_four()
{
    return [](detail::engine_core& core)
    {
        adds("quick", quick)(core);
        adds("counts", counts)(core);
        adds("fails", fails)(core);
        adds("sleeps", sleeps)(core);
        adds("waits", waits)(core);
    };
}

/// Not again in a later life, when the run may be deleted: that would be a new run.
template <class Function>
void start_once(engine_stage& s, Function* function, const std::string& id)
{
    if (!s.world().told.contains("start " + id))
    {
        EXPECT_EQ(s.start(function, id, 1), "ok");
    }
}

/// The runs that anything in the journal belongs to.
std::set<std::uint64_t> runs_in(const store::store& journal)
{
    std::set<std::uint64_t> runs;
    journal.read(
        [&](const store::snapshot& now)
        {
            const auto each = [&](journal::table where, auto&& run_of)
            {
                now.scan(where, {0, 0},
                         [&](journal::record_key at, std::string_view value)
                         { return runs.insert(run_of(at, value)), true; });
            };
            const auto major = [](journal::record_key at, std::string_view) { return at.major; };
            const auto minor = [](journal::record_key at, std::string_view) { return at.minor; };
            each(journal::table::history, major);
            each(journal::table::run, major);
            each(journal::table::wake, minor);
            each(journal::table::finished, minor);
            each(journal::table::id, [](journal::record_key at, std::string_view value)
                 { return base::to_integer(journal::decode_id(at, value).value()); });
        });
    return runs;
}

TEST(FiberRetentionScenario, FinishedRunsGoWholeAndTheOthersStayInEveryWay)
{
    const scenario story{all_four(),
                         [](engine_stage& s)
                         {
                             start_once(s, quick, "a");
                             start_once(s, fails, "f");
                             start_once(s, sleeps, "s");
                             start_once(s, waits, "w");
                             s.until_has("waits/w", "step_done add");
                             s.until([&] { return s.journal().size() == 1; }, true);
                             const engine_run left = s.run("waits/w");
                             EXPECT_EQ(runs_in(s.store()), std::set{base::to_integer(left.number)});
                         },
                         [](engine_options& o) { o.keep_finished = 1h; }};
    const engine_journal left = all_ways(story);
    EXPECT_EQ(left.at("waits/w").brief(), "started, step_done add");
}

TEST(FiberRetentionScenario, AnIdThatIsFreeAgainBeginsANewRunOnBothStores)
{
    for (const bool on_disk : {false, true})
    {
        SCOPED_TRACE(on_disk ? "on LMDB" : "in memory");
        engine_world world(on_disk ? std::unique_ptr<engine_disk>(std::make_unique<lmdb_disk>())
                                   : std::make_unique<memory_disk>());
        engine_stage s(world, all_four(), {.decide = {}, .change = [](engine_options& o) { o.keep_finished = 1h; }});
        for (std::uint64_t n = 1; n <= 3; ++n)
        {
            EXPECT_EQ(s.start(quick, "a", static_cast<int>(n)), "ok");
            s.until_has("quick/a", "completed");
            EXPECT_EQ(base::to_integer(s.run("quick/a").number), n);
            s.until([&] { return s.journal().empty(); }, true);
            EXPECT_EQ(s.cancel(quick, "a"), "refused not_found: there is no run 'quick/a': start it");
        }
        EXPECT_EQ(s.effects().count("a/add"), 3u);
    }
}

struct journal_size
{
    bool on_disk;
    std::size_t input_bytes;
    int starts_at_once; ///< eight times as many are less than a sixteenth of the journal: between two looks at it nothing runs over
};

TEST(FiberRetentionScenario, ANearlyFullJournalMakesRoomForStartsThatWaitOnBothStores)
{
    for (const journal_size size : {journal_size{false, 1'500, 16}, journal_size{true, 50'000, 4}})
    {
        SCOPED_TRACE(size.on_disk ? "on LMDB" : "in memory");
        engine_world world(size.on_disk ? std::unique_ptr<engine_disk>(std::make_unique<lmdb_disk>())
                                        : std::make_unique<memory_disk>(8 << 20));
        engine_stage s(world, all_four(), {.decide = {}, .change = [](engine_options& o) { o.keep_finished = 1h; }});
        const std::string word(size.input_bytes, 'x');
        bool takes_more = true;
        for (int round = 0; takes_more; ++round)
        {
            std::vector<std::shared_ptr<engine_stage::pending>> starts;
            for (int n = 0; n < size.starts_at_once; ++n)
                starts.push_back(s.send({detail::request_kind::start, admission::refuse, engine_stage::key_of(counts),
                                         std::to_string(size.starts_at_once * round + n), encode(word)}));
            for (const auto& one : starts)
                takes_more = s.wait(one, false) == "ok" && takes_more;
            ASSERT_LT(round, 1000);
        }
        const auto late =
            s.send({detail::request_kind::start, admission::wait, engine_stage::key_of(quick), "late", "4"});
        EXPECT_EQ(s.wait(late), "ok"); // time flies
        s.until([&] { return s.core().metrics().runs_deleted != 0; }, false);
        EXPECT_EQ(s.core().metrics().commits_delayed_full, 0u) << "deletion has found its room";
    }
}
}
}
