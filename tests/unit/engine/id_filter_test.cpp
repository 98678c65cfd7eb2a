#include "engine/id_filter.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace everstep::core
{
namespace
{
constexpr std::uint64_t runs_of_generation = 16'384;

/// Spreads small numbers as a hash does (SplitMix64).
std::uint64_t hash_of(std::uint64_t n)
{
    n += 0x9E3779B97F4A7C15ull;
    n = (n ^ (n >> 30)) * 0xBF58476D1CE4E5B9ull;
    n = (n ^ (n >> 27)) * 0x94D049BB133111EBull;
    return n ^ (n >> 31);
}

std::vector<std::uint64_t> visited(const id_filter& in, std::uint64_t newest, std::uint64_t hash)
{
    std::vector<std::uint64_t> generations;
    in.visit(newest, hash, [&](std::uint64_t generation) {
        generations.push_back(generation);
        return false;
    });
    return generations;
}

bool is_possible(const id_filter& in, std::uint64_t newest, std::uint64_t generation, std::uint64_t hash)
{
    bool found = false;
    in.visit(newest, hash, [&](std::uint64_t at) { return found = at == generation; });
    return found;
}

TEST(IdFilter, MillionIdsAreFoundInTheirGenerations)
{
    constexpr std::uint64_t generations = 200;
    constexpr std::uint64_t ids = 1'000'000;
    id_filter filter;
    for (std::uint64_t n = 0; n < ids; ++n)
        filter.add(n % generations, hash_of(n));
    filter.set_complete();
    std::uint64_t missed = 0;
    for (std::uint64_t n = 0; n < ids; ++n)
        missed += !is_possible(filter, generations - 1, n % generations, hash_of(n));
    EXPECT_EQ(missed, 0u);
}

TEST(IdFilter, FullGenerationIsNamedInVainForLessThanOneInHundred)
{
    id_filter filter;
    for (std::uint64_t n = 0; n < runs_of_generation; ++n)
        filter.add(0, hash_of(n));
    filter.set_complete();
    constexpr std::uint64_t asked = 200'000;
    std::uint64_t wrong = 0;
    for (std::uint64_t n = 0; n < asked; ++n)
        wrong += !visited(filter, 0, hash_of(1'000'000 + n)).empty();
    EXPECT_LT(wrong, asked / 100);
}

TEST(IdFilter, NeighboursOfAFullGenerationAreNotNamed)
{
    id_filter filter;
    for (std::uint64_t n = 0; n < runs_of_generation; ++n)
        filter.add(5, hash_of(n));
    filter.set_complete();
    std::uint64_t wrong = 0;
    for (std::uint64_t n = 0; n < runs_of_generation; ++n)
        wrong += visited(filter, 63, hash_of(n)).size() - 1;
    EXPECT_EQ(wrong, 0u);
}

TEST(IdFilter, IncompleteFilterNamesEveryGenerationNewestFirst)
{
    id_filter filter;
    filter.add(3, hash_of(1));
    std::vector<std::uint64_t> all;
    for (std::uint64_t generation = 131; generation-- > 0;)
        all.push_back(generation);
    EXPECT_EQ(visited(filter, 130, hash_of(1)), all);
}

TEST(IdFilter, CompleteFilterNamesPossibleGenerationsNewestFirst)
{
    id_filter filter;
    for (const std::uint64_t generation : {64u, 3u, 190u, 63u})
        filter.add(generation, hash_of(1));
    filter.set_complete();
    EXPECT_EQ(visited(filter, 200, hash_of(1)), (std::vector<std::uint64_t>{190, 64, 63, 3}));
}

TEST(IdFilter, GenerationsAfterTheNewestAreLeftOut)
{
    id_filter filter;
    filter.add(64, hash_of(1));
    filter.add(66, hash_of(1));
    filter.set_complete();
    EXPECT_EQ(visited(filter, 65, hash_of(1)), (std::vector<std::uint64_t>{64}));
}

TEST(IdFilter, AnswerEndsTheVisit)
{
    id_filter filter;
    int looks = 0;
    filter.visit(500, hash_of(1), [&](std::uint64_t) { return ++looks == 3; });
    EXPECT_EQ(looks, 3);
}

TEST(IdFilter, NewIdIsNowhere)
{
    id_filter filter;
    filter.set_complete();
    EXPECT_TRUE(visited(filter, 1'000, hash_of(1)).empty());
}

TEST(IdFilter, GenerationsBeyondItsSizeAreAlwaysPossible)
{
    constexpr std::uint64_t beyond = std::uint64_t{64} * 4096 * 4096;
    id_filter filter;
    filter.add(beyond + 1, hash_of(1));
    filter.set_complete();
    EXPECT_EQ(visited(filter, beyond + 1, hash_of(2)), (std::vector<std::uint64_t>{beyond + 1, beyond}));
}

TEST(IdFilter, DroppedSlabHasNoIdsAndItsNeighboursKeepTheirs)
{
    id_filter filter;
    for (const std::uint64_t generation : {3u, 64u, 70u, 190u})
        filter.add(generation, hash_of(1));
    filter.set_complete();
    filter.drop(1);
    EXPECT_EQ(visited(filter, 200, hash_of(1)), (std::vector<std::uint64_t>{190, 3}));
    filter.drop(0);
    EXPECT_EQ(visited(filter, 200, hash_of(1)), (std::vector<std::uint64_t>{190}));
}

TEST(IdFilter, MemoryOfADroppedSlabServesTheNext)
{
    id_filter filter;
    filter.set_complete();
    for (std::uint64_t slab = 0; slab < 50; ++slab)
    {
        filter.add(slab * 64 + 7, hash_of(slab));
        EXPECT_TRUE(is_possible(filter, 10'000, slab * 64 + 7, hash_of(slab)));
        EXPECT_FALSE(is_possible(filter, 10'000, slab * 64 + 7, hash_of(slab - 2))) << "the slab before the last left none in its memory";
        if (slab > 0)
            filter.drop(slab - 1);
    }
    EXPECT_EQ(filter.bytes(), 2 * 64 * 16'384 * 2u); // two slabs, 16 bits a run
}

TEST(IdFilter, IncompleteFilterLeavesOutWhatWasDropped)
{
    id_filter filter;
    filter.drop(0);
    EXPECT_EQ(visited(filter, 65, hash_of(1)), (std::vector<std::uint64_t>{65, 64}));
}

TEST(IdFilter, IdsAddedByManyThreadsAtOnceAreFound)
{
    constexpr std::uint64_t threads = 4;
    constexpr std::uint64_t each = 20'000;
    constexpr std::uint64_t generations = 130; // of three slabs, which the threads make in a race
    id_filter filter;
    filter.set_complete();
    std::vector<std::thread> adding;
    for (std::uint64_t thread = 0; thread < threads; ++thread)
        adding.emplace_back([&filter, thread] {
            for (std::uint64_t n = thread; n < threads * each; n += threads)
            {
                filter.add(n % generations, hash_of(n));
                EXPECT_TRUE(is_possible(filter, generations - 1, n % generations, hash_of(n)));
            }
        });
    for (std::thread& one : adding)
        one.join();
    std::uint64_t missed = 0;
    for (std::uint64_t n = 0; n < threads * each; ++n)
        missed += !is_possible(filter, generations - 1, n % generations, hash_of(n));
    EXPECT_EQ(missed, 0u);
}
}
}
