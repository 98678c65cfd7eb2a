#pragma once

#include "child_program.hpp"
#include "kill_check.hpp"
#include "store_directory.hpp"
#include "store_journal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace everstep::test
{
/// One journal and its victims.
class kill_block
{
public:
    explicit kill_block(std::mt19937_64& chance) : chance_(chance) {}

    /// Starts a victim and kills it: some time after it has opened, or, one time in five, while it opens.
    ::testing::AssertionResult kill_one()
    {
        child_program victim("victim_main", {directory_.path()});
        const bool opens = chance_() % 5 != 0;
        if (opens && victim.line(std::chrono::seconds(60)) != "open")
            return ::testing::AssertionFailure() << "a victim did not open its journal; status " << victim.wait();
        const std::chrono::microseconds life(opens ? 1'000 + chance_() % 29'000 : chance_() % 15'000);
        if (victim.ends_within(life))
            return ::testing::AssertionFailure() << "a victim ended by itself; status " << victim.wait();
        victim.kill(SIGKILL);
        const int status = victim.wait();
        return status == -SIGKILL ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << "a victim ended with status " << status;
    }

    ::testing::AssertionResult drain()
    {
        child_program victim("victim_main", {directory_.path(), "--drain"});
        if (!victim.ends_within(std::chrono::seconds(120)))
            return ::testing::AssertionFailure() << "runs come to no end";
        const int status = victim.wait();
        return status == 0 ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << "the last victim ended with status " << status;
    }

    ::testing::AssertionResult keeps_its_promises(block_stage stage)
    {
        const effect_log log(directory_ / "effects");
        const std::vector<effect> effects = log.effects();
        kill_journal left;
        if (std::filesystem::exists(directory_ / "journal/data.mdb"))
            left = read_kill_journal(*open_or_throw(store::lmdb_options{.directory = directory_ / "journal", .map_bytes = 512u << 20, .create = false}));
        const std::vector<std::string> found = kill_check(effects, left, stage).breaches();
        runs += stage == block_stage::drained ? left.runs.size() : 0;
        if (found.empty())
            return ::testing::AssertionSuccess();
        auto failure = ::testing::AssertionFailure() << found.size() << " breaches:\n";
        for (std::size_t n = 0; n < std::min<std::size_t>(found.size(), 20); ++n)
            failure << "  " << found[n] << "\n";
        return failure;
    }

    const std::string& path() const { return directory_.path(); }

    std::size_t runs{};

private:
    std::mt19937_64& chance_;
    store_directory directory_;
};
}
