// The program that is killed while it deletes: runs that end at once and are not kept, and every fourth one that waits without end.
//
//     deleting_main <folder>            until it is killed; writes "open\n" when the engine has opened
//     deleting_main <folder> --drain    until nothing is left but the runs that wait; exit status 0

#include "effect_log.hpp"

#include <everstep/engine.hpp>

#include <cstdio>
#include <exception>
#include <string>
#include <thread>
#include <vector>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

workflow<std::uint32_t> passes(context& ctx, std::uint32_t n)
{
    const std::uint32_t more = co_await ctx.step("add", [&] { return n + 1; });
    co_return co_await ctx.step("add", [&] { return more + 1; });
}

workflow<std::uint32_t> waits(context& ctx, std::uint32_t n)
{
    co_await ctx.step("begin", [&] { return n; });
    co_await ctx.wait_forever();
    co_return n;
}

bool waits_for_ever(std::uint32_t run) { return run % 4 == 0; }

void start(engine& shop, effect_log& log)
{
    const std::uint32_t number = log.new_run();
    shop.start(waits_for_ever(number) ? waits : passes, std::to_string(number), number);
    log.write(deed::told_started, number);
}

/// Starts runs without pause, and notes which starts were acknowledged.
void come(engine& shop, effect_log& log)
{
    constexpr int callers = 8;
    std::vector<std::jthread> all;
    for (int n = 0; n < callers; ++n)
        all.emplace_back(
            [&]
            {
                while (!log.is_nearly_full())
                    start(shop, log);
            });
}

bool exists(engine& shop, std::uint32_t number)
{
    try
    {
        shop.run(passes, std::to_string(number)).status();
        return true;
    }
    catch (const engine_error& e)
    {
        if (e.why() != errc::not_found)
            throw;
        return false;
    }
}

/// What is due goes with commits, so now and then one is made.
void drain(engine& shop, effect_log& log)
{
    std::vector<std::uint32_t> left;
    for (std::uint32_t number = log.runs(); number-- > 0;)
        if (!waits_for_ever(number))
            left.push_back(number);
    for (;;)
    {
        std::erase_if(left, [&](std::uint32_t number) { return !exists(shop, number); });
        if (left.empty())
            return;
        std::uint32_t more = log.new_run();
        while (!waits_for_ever(more))
            more = log.new_run();
        shop.start(waits, std::to_string(more), more);
        log.write(deed::told_started, more);
        std::this_thread::sleep_for(10ms);
    }
}

int live(const std::string& folder, bool drains)
{
    effect_log log(folder + "/effects");
    log.begin_epoch();
    engine_options options;
    options.journal = folder + "/journal";
    options.keep_finished = 0ms;
    options.map_bytes = 512u << 20;
    engine shop(options);
    shop.add("passes", passes).add("waits", waits);
    shop.open();
    std::fputs("open\n", stdout);
    std::fflush(stdout);
    if (drains)
        drain(shop, log);
    else
        come(shop, log);
    return 0;
}
}
}

int main(int count, char** arguments)
{
    try
    {
        return count < 2 ? 2 : everstep::test::live(arguments[1], count > 2);
    }
    catch (const std::exception& e)
    {
        std::fprintf(stderr, "deleting: %s\n", e.what());
        return 1;
    }
}
