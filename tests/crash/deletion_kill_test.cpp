// A program that deletes what has ended is killed at random times and started again on its journal: a run is there whole or not at all,
// and what has not ended is there.

#include "child_program.hpp"
#include "effect_log.hpp"
#include "kill_journal.hpp"
#include "sanitized.hpp"
#include "store_directory.hpp"
#include "store_journal.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

using run_numbers = std::set<std::uint64_t>;

/// A journal, and what its callers were told.
class deleting_journal
{
public:
    void kill_one(std::mt19937_64& chance)
    {
        child_program victim("deleting_main", {directory_.path()});
        const bool opens = chance() % 5 != 0;
        if (opens)
        {
            ASSERT_EQ(victim.line(60s), "open");
        }
        const std::chrono::microseconds life(opens ? chance() % 250'000 : chance() % 15'000);
        ASSERT_FALSE(victim.ends_within(life)) << "status " << victim.wait();
        victim.kill(SIGKILL);
        ASSERT_EQ(victim.wait(), -SIGKILL);
    }
    void drain()
    {
        child_program victim("deleting_main", {directory_.path(), "--drain"});
        ASSERT_TRUE(victim.ends_within(120s)) << "what has ended is not deleted";
        ASSERT_EQ(victim.wait(), 0);
    }

    /// Every row belongs to a run that is whole. Counts those that have ended.
    std::size_t check()
    {
        if (!std::filesystem::exists(directory_ / "journal/data.mdb"))
            return 0;
        const auto kept = open_or_throw(
            store::lmdb_options{.directory = directory_ / "journal", .map_bytes = 512u << 20, .create = false});
        const kill_journal left = read_kill_journal(*kept);
        EXPECT_EQ(left.damaged, std::vector<std::string>{});
        EXPECT_EQ(left.headers.size(), left.runs.size()) << "two runs have one id";
        run_numbers all, ended, living;
        for (const auto& [name, run] : left.runs)
        {
            const bool lives = run.header.state == journal::run_state::running;
            EXPECT_TRUE(run.whole && !run.entries.empty()) << name;
            EXPECT_EQ(run.has("completed"), !lives) << name;
            all.insert(base::to_integer(run.number));
            (lives ? living : ended).insert(base::to_integer(run.number));
        }
        run_numbers waking;
        for (const auto& [number, due] : left.wakes)
            waking.insert(number);
        EXPECT_EQ(run_numbers(left.ids.begin(), left.ids.end()), all);
        EXPECT_EQ(run_numbers(left.finished.begin(), left.finished.end()), ended);
        EXPECT_EQ(waking, living);
        EXPECT_EQ(runs_with_history(*kept), all);
        check_told(left);
        return ended.size();
    }

private:
    static run_numbers runs_with_history(const store::store& kept)
    {
        run_numbers found;
        kept.read(
            [&](const store::snapshot& now)
            {
                now.scan(journal::table::history, {0, 0},
                         [&](journal::record_key at, std::string_view) { return found.insert(at.major), true; });
            });
        return found;
    }
    /// Every fourth run waits without end.
    void check_told(const kill_journal& left)
    {
        for (const effect& e : effect_log(directory_ / "effects").effects())
            EXPECT_TRUE(e.run % 4 != 0 || left.runs.contains("waits/" + std::to_string(e.run)))
                << "run " << e.run << " was acknowledged, never ended, and is gone";
    }

    store_directory directory_;
};

TEST(DeletionKill, RunsAreThereWholeOrNotAtAll)
{
    constexpr int kills = is_sanitized ? 20 : 60;
    constexpr int kills_between_looks = 10;
    const char* given = std::getenv("EVERSTEP_SEED");
    const std::uint64_t seed = given ? std::stoull(given) : std::random_device{}();
    std::cout << "EVERSTEP_SEED=" << seed << std::endl;
    std::mt19937_64 chance(seed);
    deleting_journal journal;
    std::size_t ended = 0;
    for (int n = 0; n < kills; ++n)
    {
        SCOPED_TRACE("kill " + std::to_string(n));
        journal.kill_one(chance);
        if (n % kills_between_looks == 0)
            ended += journal.check();
        if (HasFailure())
            return;
    }
    EXPECT_GT(ended, 0u) << "no kill came before all was deleted";
    journal.drain();
    EXPECT_EQ(journal.check(), 0u);
}
}
}
