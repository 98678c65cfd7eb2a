#include "base/sanitizer.hpp"

#include <everstep/detail/promise.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <thread>
#include <utility>
#include <vector>

namespace everstep::inline v0::detail
{
namespace
{
TEST(FrameMemory, AFrameThatEndedMakesRoomForTheNextOfItsSize)
{
    void* const first = allocate_frame(500);
    release_frame(first, 500);
    void* const next = allocate_frame(505);
    EXPECT_TRUE(base::address_sanitized || next == first);
    release_frame(next, 505);
}

TEST(FrameMemory, FramesThatLiveTogetherShareNothing)
{
    std::vector<std::pair<char*, std::size_t>> all;
    for (std::size_t round = 0; round < 2; ++round)
    {
        for (std::size_t bytes = 1; bytes < 6000; bytes += 97)
        {
            char* const frame = static_cast<char*>(allocate_frame(bytes));
            std::fill(frame, frame + bytes, static_cast<char>(bytes));
            all.emplace_back(frame, bytes);
        }
        for (const auto& [frame, bytes] : all)
            EXPECT_TRUE(std::all_of(frame, frame + bytes, [b = bytes](char c) { return c == static_cast<char>(b); })) << bytes;
        for (const auto& [frame, bytes] : all)
            release_frame(frame, bytes);
        all.clear();
    }
}

TEST(FrameMemory, AFrameMayEndOnAnotherThread)
{
    void* const frame = allocate_frame(300);
    std::jthread([&] { release_frame(frame, 300); }).join();
    void* const next = allocate_frame(300);
    release_frame(next, 300);
    EXPECT_NE(next, nullptr);
}
}
}
