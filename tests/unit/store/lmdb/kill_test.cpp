// kill -9 at any time: what was acknowledged is there, and every commit is whole.

#include "store_child.hpp"
#include "store_directory.hpp"
#include "store_journal.hpp"
#include "store_probe.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <random>

using namespace everstep::test;

namespace
{
constexpr std::uint64_t rows_per_commit = 20;
constexpr std::uint64_t commits_kept = 10; ///< each commit erases the rows of the one that many before it, as one range

/// Commits numbered batches for ever, and writes the number of each to the pipe when it is durable.
[[noreturn]] void commit_until_killed(const std::string& directory, std::uint64_t next, int acknowledged)
{
    const auto kept = open_or_throw(directory);
    for (;; ++next)
    {
        batch made = rows_of(next, rows_per_commit, std::to_string(next));
        made.put(table::meta, {0, 0}, std::to_string(next));
        if (next > commits_kept)
            made.erase_range(table::history, {next - commits_kept, 0}, {next - commits_kept + 1, 0});
        if (next > 1)
            made.erase(table::wake, {next - 1, 0});
        made.put(table::wake, {next, 0}, "");
        if (commit(*kept, made).what != outcome::durable ||
            ::write(acknowledged, &next, sizeof next) != static_cast<ssize_t>(sizeof next))
            ::_exit(1);
    }
}

std::uint64_t read_number(int from, std::uint64_t otherwise)
{
    std::uint64_t number{};
    return ::read(from, &number, sizeof number) == static_cast<ssize_t>(sizeof number) ? number : otherwise;
}

/// The last number that the killed child had acknowledged.
std::uint64_t kill_in_the_middle(const std::string& directory, std::uint64_t next, std::mt19937& random)
{
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0)
        throw std::runtime_error("pipe");
    const pid_t child = ::fork();
    if (child == 0)
        commit_until_killed(directory, next, ends[1]);
    ::close(ends[1]);
    std::uint64_t last = next - 1;
    for (auto left = random() % 8; left > 0; --left)
        last = read_number(ends[0], last);
    for (std::atomic<unsigned long> spins = random() % 100'000; spins > 0; --spins)
    {
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (std::uint64_t more; (more = read_number(ends[0], 0)) != 0;)
        last = more;
    ::close(ends[0]);
    return last;
}

/// The last commit that is there; every one up to it is whole and of none after it is there anything.
std::uint64_t last_whole_commit(const everstep::store::store& kept)
{
    const std::uint64_t last = std::stoull(get(kept, {0, 0}, table::meta).value_or("0"));
    const auto found = rows(kept);
    EXPECT_EQ(found.size(), std::min(last, commits_kept) * rows_per_commit);
    EXPECT_TRUE(found.empty() || found.front().first.major == last - std::min(last, commits_kept) + 1);
    const auto broken = std::ranges::find_if(found, [](const auto& row) { return row.second != std::to_string(row.first.major); });
    EXPECT_TRUE(broken == found.end());
    const auto waiting = rows(kept, table::wake);
    EXPECT_EQ(waiting.size(), last == 0 ? 0u : 1u);
    EXPECT_TRUE(waiting.empty() || waiting[0].first.major == last);
    return last;
}

TEST(Kill, AfterKillsAllAcknowledgedCommitsAreThereAndEachIsWhole)
{
    constexpr int kills = 40;
    const store_directory home;
    std::mt19937 random(42);
    std::uint64_t next = 1;
    for (int i = 0; i < kills; ++i)
    {
        const std::uint64_t acknowledged = kill_in_the_middle(home.path(), next, random);
        const auto kept = open_or_throw(home.path());
        const std::uint64_t found = last_whole_commit(*kept);
        ASSERT_GE(found, acknowledged) << "kill " << i;
        ASSERT_LE(found, acknowledged + 1) << "kill " << i;
        next = found + 1;
    }
    EXPECT_GT(next, 1u);
}
}
