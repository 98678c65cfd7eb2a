// What joins a commit late, over every store that there is.

#include "store_probe.hpp"
#include "store_stage.hpp"

#include <array>

using namespace everstep::test;
using namespace everstep::store;

namespace
{
class LateParts : public on_every_store
{
protected:
    /// A commit of `first` that `late_` joins.
    commit_result commit_with_late(const batch& first)
    {
        const batch* part = &first;
        return store_.commit({&part, 1}, [this]() -> std::span<const batch* const> {
            ++asked_;
            return late_views_;
        });
    }

    batch late_;
    std::array<const batch*, 1> late_views_{&late_};
    int asked_{};
};

TEST_P(LateParts, AreThereWhenTheCommitIsDurable)
{
    late_ = puts({{{2, 0}, "b"}}, table::run);
    EXPECT_EQ(commit_with_late(puts({{{1, 0}, "a"}})).what, outcome::durable);
    EXPECT_EQ(get(store_, {1, 0}), "a");
    EXPECT_EQ(get(store_, {2, 0}, table::run), "b");
}

TEST_P(LateParts, WinOverEarlierWritesToTheSameKey)
{
    late_ = puts({{{1, 0}, "late"}});
    commit_with_late(puts({{{1, 0}, "early"}}));
    EXPECT_EQ(get(store_, {1, 0}), "late");
}

TEST_P(LateParts, EraseWhatTheCommitHasPut)
{
    late_.erase_range(table::history, {1, 0}, {2, 0});
    commit_with_late(puts({{{1, 0}, "early"}}));
    EXPECT_EQ(get(store_, {1, 0}), std::nullopt);
}

TEST_P(LateParts, AreLostWithTheCommit)
{
    late_ = puts({{{2, 0}, "b"}});
    stage_->fail_next_commit();
    EXPECT_EQ(commit_with_late(puts({{{1, 0}, "a"}})).what, outcome::unknown);
    EXPECT_EQ(rows(stage_->open(0)).size(), 0u);
}

TEST_P(LateParts, ThatFindNoRoomLeaveNothingOfTheCommit)
{
    constexpr std::uint64_t capacity_bytes = 1 << 20;
    store& small = stage_->open(capacity_bytes);
    const batch first = puts({{{1, 0}, "a"}});
    const batch more = rows_of(2, 4 * capacity_bytes / 2'000, std::string(2'000, 'x'));
    const batch* part = &first;
    const std::array<const batch*, 1> late{&more};
    EXPECT_EQ(small.commit({&part, 1}, [&]() -> std::span<const batch* const> { return late; }).what, outcome::full);
    EXPECT_EQ(rows(small).size(), 0u);
}

TEST_P(LateParts, AreAskedForOnce)
{
    commit_with_late(puts({{{1, 0}, "a"}}));
    EXPECT_EQ(asked_, 1);
}

TEST_P(LateParts, AreNotAskedForWhereThereIsNothingToWrite)
{
    commit_with_late(batch());
    EXPECT_EQ(asked_, 0);
}

INSTANTIATE_TEST_SUITE_P(All, LateParts, every_store, store_name);
}
