// The kill loop: a program that does everything at once is killed with SIGKILL at random times and started again on its journal, over and
// over; then the journal and the log of what happened outside must keep every promise.
//
//     test_crash --gtest_filter='KillLoop.*' --kills=10000       or EVERSTEP_KILLS=10000
//     EVERSTEP_SEED=4711 test_crash …                            the same times again

#include "kill_block.hpp"
#include "sanitized.hpp"

#include <gtest/gtest.h>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>

namespace everstep::test
{
namespace
{
constexpr std::uint64_t kills_of_a_block = 100;
constexpr std::uint64_t kills_between_looks = 25;

std::uint64_t number_in(const std::string& text, std::uint64_t otherwise)
{
    std::uint64_t number = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}
std::uint64_t environment_number(const char* name, std::uint64_t otherwise)
{
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : number_in(text, otherwise);
}

/// `--kills=N` of this program's command line; googletest keeps what it does not know.
std::uint64_t kills_wanted(std::uint64_t otherwise)
{
    std::ifstream words("/proc/self/cmdline");
    std::uint64_t wanted = environment_number("EVERSTEP_KILLS", otherwise);
    for (std::string word; std::getline(words, word, '\0');)
        if (word.starts_with("--kills="))
            wanted = number_in(word.substr(8), wanted);
    return wanted;
}

TEST(KillLoop, EveryPromiseIsKeptThroughKills)
{
    const std::uint64_t kills = kills_wanted(is_sanitized ? 60 : 500);
    const std::uint64_t seed = environment_number("EVERSTEP_SEED", std::random_device{}());
    std::cout << "EVERSTEP_SEED=" << seed << " EVERSTEP_KILLS=" << kills << std::endl;
    std::mt19937_64 chance(seed);
    std::size_t runs = 0;
    for (std::uint64_t done = 0; done < kills;)
    {
        kill_block block(chance);
        for (std::uint64_t n = 0; n < kills_of_a_block && done < kills; ++n, ++done)
        {
            ASSERT_TRUE(block.kill_one()) << "kill " << done;
            if (n % kills_between_looks == kills_between_looks - 1)
            {
                ASSERT_TRUE(block.keeps_its_promises(block_stage::killed)) << "kill " << done;
            }
        }
        ASSERT_TRUE(block.drain()) << "kill " << done;
        ASSERT_TRUE(block.keeps_its_promises(block_stage::drained)) << "kill " << done;
        runs += block.runs;
    }
    std::cout << kills << " kills, " << runs << " runs" << std::endl;
    EXPECT_GT(runs, kills);
}
}
}
