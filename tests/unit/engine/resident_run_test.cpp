#include "engine/resident_run.hpp"

#include "place_jobs.hpp"

#include <gtest/gtest.h>

namespace everstep::core
{
namespace
{
class no_home final : public job_home
{
public:
    void take_back(std::span<body_job* const>) noexcept override {}
};

class ResidentRun : public testing::Test
{
protected:
    ResidentRun() : attempt_(home_, op_, "token", 1, given_, 1'000)
    {
        run_.header.workflow = "shop";
        run_.header.id = "o-1";
        attempt_.of.run = &run_;
    }

    no_home home_;
    resident_run run_;
    services given_;
    made_operation op_{"charge", made_operation::body()};
    step_attempt attempt_;
};

TEST_F(ResidentRun, AttemptIsNamedByRunAndStep) { EXPECT_EQ(attempt_.describe(), "shop/o-1 step charge"); }

TEST_F(ResidentRun, UndoIsNamedAsSuch)
{
    attempt_.is_undo = true;
    EXPECT_EQ(attempt_.describe(), "shop/o-1 undo charge");
}

TEST_F(ResidentRun, AttemptHasNoDeadlineByItself) { EXPECT_EQ(attempt_.of.deadline, journal::due_never); }

TEST(ResidentRunBegin, NewRunHasNoWakeRow) { EXPECT_EQ(resident_run().wake_due, resident_run::no_row); }

TEST(ResidentRunBegin, NewRunDependsOnNothing) { EXPECT_EQ(resident_run().last_at, 0u); }
}
}
