// When the id filter lets go of a slab: with every number of this process that could be in it, and with the journal's id table.

#include "engine/spent_ids.hpp"

#include "stored_runs.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace everstep::core
{
namespace
{
constexpr std::uint64_t slab_runs = 64 * 16'384;

class SpentIds : public testing::Test
{
protected:
    SpentIds() { filter_.set_complete(); }

    void put_id(std::uint64_t number, std::uint64_t hash)
    {
        const auto at = journal::id_key(base::run_number{number}, hash);
        runs_.put(table::id, at, journal::encode_id(at, base::run_number{number}));
    }
    bool holds(std::uint64_t number, std::uint64_t hash) const
    {
        bool found = false;
        filter_.visit(1000, hash, [&](std::uint64_t generation) { return found = generation == number >> 14; });
        return found;
    }
    /// Deletes runs from `first` up to but not `end`.
    void deletes(spent_ids& by, std::uint64_t first, std::uint64_t end)
    {
        std::vector<base::run_number> numbers;
        for (; first != end; ++first)
            numbers.push_back(base::run_number{first});
        by.add(numbers);
        by.drop(runs_.store);
    }

    stored_runs runs_;
    id_filter filter_;
};

TEST_F(SpentIds, SlabIsDroppedWithTheLastOfItsRuns)
{
    spent_ids spent(filter_, base::run_number{1});
    filter_.add(5, 77);
    deletes(spent, 1, slab_runs - 1);
    EXPECT_TRUE(holds(5 << 14, 77)) << "one number is given, and its run may not be in the journal yet";
    deletes(spent, slab_runs - 1, slab_runs);
    EXPECT_FALSE(holds(5 << 14, 77));
}

TEST_F(SpentIds, NumbersOfLastProcessesAreNotWaitedFor)
{
    spent_ids spent(filter_, base::run_number{slab_runs - 10});
    filter_.add(5, 77);
    deletes(spent, slab_runs - 11, slab_runs);
    EXPECT_FALSE(holds(5 << 14, 77));
}

TEST_F(SpentIds, SlabWithAnIdLeftStays)
{
    spent_ids spent(filter_, base::run_number{slab_runs});
    put_id(5 << 14, 77);
    filter_.add(5, 77);
    deletes(spent, 3, 4);
    EXPECT_TRUE(holds(5 << 14, 77));
    runs_.erase(table::id, {5, 77});
    deletes(spent, 5 << 14, (5 << 14) + 1);
    EXPECT_FALSE(holds(5 << 14, 77));
}

TEST_F(SpentIds, IdsOfTheNextSlabAreNoneOfThisOne)
{
    spent_ids spent(filter_, base::run_number{2 * slab_runs});
    put_id(slab_runs, 77);
    filter_.add(5, 77);
    filter_.add(64, 77);
    deletes(spent, 5, 6);
    EXPECT_FALSE(holds(5 << 14, 77));
    EXPECT_TRUE(holds(slab_runs, 77));
}

TEST_F(SpentIds, WhileIdsAreStillBeingAddedNothingIsDropped)
{
    id_filter filling;
    spent_ids spent(filling, base::run_number{slab_runs});
    filling.add(5, 77);
    deletes(spent, 3, 4);
    filling.set_complete();
    int found = 0;
    filling.visit(63, 77, [&](std::uint64_t) { return ++found, false; });
    EXPECT_EQ(found, 1);
    spent.drop(runs_.store);
    filling.visit(63, 77, [&](std::uint64_t) { return ++found, false; });
    EXPECT_EQ(found, 1) << "it was looked at again";
}
}
}
