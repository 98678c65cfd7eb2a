// A step that takes its process down every time: after three deaths its run stands aside, and all others go on.

#include "child_program.hpp"
#include "store_directory.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

class CrashLoop : public testing::TestWithParam<std::string>
{
protected:
    int death() { return child_program("troubled_main", {directory_.path(), GetParam()}).wait(); }
    void die(int times)
    {
        for (int n = 0; n < times; ++n)
            ASSERT_EQ(death(), GetParam() == "abort" ? -SIGABRT : -SIGKILL) << n;
    }
    void heal() { std::ofstream(directory_ / "healed") << "yes"; }

    store_directory directory_;
};

TEST_P(CrashLoop, ThreeDeathsParkTheRunAndOthersGoOn)
{
    die(3);
    child_program fourth("troubled_main", {directory_.path(), GetParam()});
    EXPECT_EQ(fourth.line(60s), "bad crash_loop");
    EXPECT_EQ(fourth.line(60s), "good 42");
    EXPECT_EQ(fourth.wait(), 0);
}

TEST_P(CrashLoop, TwoDeathsDoNotPark)
{
    die(2);
    heal();
    child_program third("troubled_main", {directory_.path(), GetParam()});
    EXPECT_EQ(third.line(60s), "bad 7");
}

TEST_P(CrashLoop, ParkedRunStaysParkedWhenItsCodeIsHealed)
{
    die(3);
    EXPECT_EQ(death(), 0);
    heal();
    child_program fifth("troubled_main", {directory_.path(), GetParam()});
    EXPECT_EQ(fifth.line(60s), "bad crash_loop");
}

TEST_P(CrashLoop, ResumedRunGoesOn)
{
    die(3);
    EXPECT_EQ(death(), 0);
    heal();
    child_program fifth("troubled_main", {directory_.path(), GetParam(), "resume"});
    EXPECT_EQ(fifth.line(60s), "bad 7");
}

INSTANTIATE_TEST_SUITE_P(Every, CrashLoop, testing::Values("abort", "kill"), [](const auto& way) { return way.param; });
}
}
