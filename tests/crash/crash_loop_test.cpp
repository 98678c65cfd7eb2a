// A step that takes its process down every time: after three deaths its run stands aside, and all others go on.

#include "child_program.hpp"
#include "engine/inflight_map.hpp"
#include "sanitized.hpp"
#include "store_directory.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <ostream>
#include <string>
#include <vector>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

struct death_of_a_step
{
    std::string way;
    std::string place;
    friend std::ostream& operator<<(std::ostream& to, const death_of_a_step& d) { return to << d.way << " " << d.place; }
};

class CrashLoop : public testing::TestWithParam<death_of_a_step>
{
protected:
    std::vector<std::string> arguments() const { return {directory_.path(), GetParam().way, GetParam().place}; }
    int death() { return child_program("troubled_main", arguments()).wait(); }
    void die(int times)
    {
        for (int n = 0; n < times; ++n)
            ASSERT_EQ(death(), GetParam().way == "abort" ? -SIGABRT : GetParam().way == "kill" ? -SIGKILL : -SIGSEGV) << n;
    }
    std::vector<std::string> ordering(const std::string& order) const
    {
        std::vector<std::string> all = arguments();
        all.push_back(order);
        return all;
    }
    void heal() { std::ofstream(directory_ / "healed") << "yes"; }

    store_directory directory_;
};

TEST_P(CrashLoop, OnlyTheStepThatRanAtTheDeathIsBlamed)
{
    die(1);
    const core::inflight_map left(directory_ / "journal/inflight.map");
    EXPECT_EQ(left.trouble(), "");
    ASSERT_EQ(left.found().size(), 1u) << "none: nobody watches this place; two: the step that had returned is blamed too";
    EXPECT_EQ(left.found()[0].deaths, 1u);
}

TEST_P(CrashLoop, ThreeDeathsParkTheRunAndOthersGoOn)
{
    die(3);
    child_program fourth("troubled_main", arguments());
    EXPECT_EQ(fourth.line(60s), "bad crash_loop");
    EXPECT_EQ(fourth.line(60s), "good 42");
    EXPECT_EQ(fourth.wait(), 0);
}

TEST_P(CrashLoop, TwoDeathsDoNotPark)
{
    die(2);
    heal();
    child_program third("troubled_main", arguments());
    EXPECT_EQ(third.line(60s), "bad 7");
}

TEST_P(CrashLoop, ParkedRunStaysParkedWhenItsCodeIsHealed)
{
    die(3);
    EXPECT_EQ(death(), 0);
    heal();
    child_program fifth("troubled_main", arguments());
    EXPECT_EQ(fifth.line(60s), "bad crash_loop");
}

TEST_P(CrashLoop, ResumedRunGoesOn)
{
    die(3);
    EXPECT_EQ(death(), 0);
    heal();
    EXPECT_EQ(child_program("troubled_main", ordering("resume")).line(60s), "bad 7");
}

TEST_P(CrashLoop, AStepThatIsCompletedByHandDoesNotRunAgain)
{
    die(3);
    EXPECT_EQ(death(), 0);
    EXPECT_EQ(child_program("troubled_main", ordering("complete")).line(60s), "bad 8");
}

TEST_P(CrashLoop, AStepThatIsSkippedFails)
{
    die(3);
    EXPECT_EQ(death(), 0);
    EXPECT_EQ(child_program("troubled_main", ordering("skip")).line(60s), "bad skipped");
}

std::vector<death_of_a_step> every_death()
{
    std::vector<death_of_a_step> all;
    for (const char* way : {"abort", "kill", "segfault"})
        for (const char* place : {"pool", "shard", "fiber", "awaitable"})
            if (knows_fibers || place != std::string("fiber"))
                all.push_back({way, place});
    return all;
}

INSTANTIATE_TEST_SUITE_P(Every, CrashLoop, testing::ValuesIn(every_death()),
                         [](const auto& death) { return death.param.way + "_" + death.param.place; });
}
}
