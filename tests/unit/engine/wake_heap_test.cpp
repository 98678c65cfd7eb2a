#include "engine/wake_heap.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace everstep::core
{
namespace
{
constexpr auto wake = wake_heap::what::wake;

std::vector<std::uint64_t> due_runs(wake_heap& from, base::time_us now)
{
    std::vector<std::uint64_t> runs;
    for (wake_heap::entry e{}; from.pop_due(now, e);)
        runs.push_back(base::to_integer(e.run));
    return runs;
}

TEST(WakeHeap, EarliestComesFirst)
{
    wake_heap heap;
    heap.push(30, base::run_number{3}, wake);
    heap.push(10, base::run_number{1}, wake);
    heap.push(20, base::run_number{2}, wake);
    EXPECT_EQ(due_runs(heap, 100), (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST(WakeHeap, RunsDueAtOnceComeInTheirOrder)
{
    wake_heap heap;
    for (const std::uint64_t run : {5u, 2u, 9u, 1u})
        heap.push(10, base::run_number{run}, wake);
    EXPECT_EQ(due_runs(heap, 10), (std::vector<std::uint64_t>{1, 2, 5, 9}));
}

TEST(WakeHeap, NothingComesBeforeItsTime)
{
    wake_heap heap;
    heap.push(10, base::run_number{1}, wake);
    EXPECT_EQ(due_runs(heap, 9), (std::vector<std::uint64_t>{}));
}

TEST(WakeHeap, WhatIsNotDueStays)
{
    wake_heap heap;
    heap.push(10, base::run_number{1}, wake);
    heap.push(20, base::run_number{2}, wake);
    due_runs(heap, 10);
    EXPECT_EQ(heap.size(), 1u);
}

TEST(WakeHeap, EarliestIsTheNextTime)
{
    wake_heap heap;
    heap.push(20, base::run_number{2}, wake);
    heap.push(10, base::run_number{1}, wake);
    EXPECT_EQ(heap.earliest(), 10);
}

TEST(WakeHeap, EmptyHeapIsNeverDue) { EXPECT_EQ(wake_heap().earliest(), journal::due_never); }

TEST(WakeHeap, KindComesBack)
{
    wake_heap heap;
    heap.push(10, base::run_number{1}, wake_heap::what::grace);
    wake_heap::entry e{};
    heap.pop_due(10, e);
    EXPECT_EQ(e.kind, wake_heap::what::grace);
}
}
}
