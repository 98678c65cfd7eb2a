// What tells a forked child from its parent.

#include <gtest/gtest.h>

#include "base/fork_count.hpp"

#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace
{
using everstep::base::fork_count;

TEST(ForkCount, DiffersInAForkedChildAndNowhereElse)
{
    const unsigned here = fork_count();
    unsigned in_other_thread = here + 1;
    std::thread([&] { in_other_thread = fork_count(); }).join();
    EXPECT_EQ(in_other_thread, here);

    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0)
        ::_exit(fork_count() == here ? 1 : 0);
    int ended = -1;
    ASSERT_EQ(::waitpid(child, &ended, 0), child);
    EXPECT_EQ(ended, 0);
    EXPECT_EQ(fork_count(), here);
}
}
