// A program whose step kills it.
//
//     troubled_main <folder> abort|kill|segfault pool|shard|fiber|awaitable [resume|complete|skip]
//
// The step ends the process, at that place, until the folder holds a file "healed".
// Prints one line for each run: "good 42", "bad <what came of it>".

#include <everstep/async.hpp>
#include <everstep/engine.hpp>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace
{
using namespace everstep;

struct patient
{
    bool healed{};
    bool aborts{};
    bool segfaults{};
    bool awaits{};
    step_place place{};

    int live_on() const
    {
        if (healed)
            return 7;
        if (aborts)
            std::abort();
        if (segfaults)
            *reinterpret_cast<volatile int*>(std::uintptr_t{16}) = 1; // where nothing lies
        ::kill(::getpid(), SIGKILL);
        for (;;)
            ::pause();
    }
};

/// Its first step has returned, at the same place, when the second kills: so that one is to blame, and the first is not.
workflow<int> bad(context& ctx, int)
{
    const auto& now = ctx.use<patient>();
    const step_options there{.place = now.place};
    if (now.awaits)
    {
        co_await ctx.step("before", []() -> boost::asio::awaitable<void> { co_return; });
        co_return co_await ctx.step("deadly", [&]() -> boost::asio::awaitable<int> { co_return now.live_on(); });
    }
    co_await ctx.step("before", there, [] {});
    co_return co_await ctx.step("deadly", there, [&] { return now.live_on(); });
}

workflow<int> good(context& ctx, int from)
{
    const int half = co_await ctx.step("half", [&] { return from / 2; });
    co_return co_await ctx.step("other half", [&] { return half * 2; });
}

patient patient_of(const std::string& folder, const std::string& way, const std::string& place)
{
    patient now{.healed = std::filesystem::exists(folder + "/healed"), .aborts = way == "abort", .segfaults = way == "segfault",
                .awaits = place == "awaitable"};
    if (place == "shard")
        now.place = step_place::shard;
    if (place == "fiber")
        now.place = step_place::fiber;
    return now;
}

int live(const std::string& folder, patient now, const std::string& order)
{
    engine_options options;
    options.journal = folder + "/journal";
    options.log = [](const log_line&) {};
    engine clinic(options);
    clinic.provide(now);
    clinic.add("bad", bad);
    clinic.add("good", good);
    clinic.open();
    auto ill = clinic.start(bad, "b", 0);
    if (order == "resume")
        ill.resume("cured");
    if (order == "complete")
        ill.complete_step("deadly", 8, {.why = "done by hand", .who = "the doctor"});
    if (order == "skip")
        ill.skip_step("deadly", {.why = "hopeless", .who = "the doctor"});
    std::string came;
    try
    {
        came = std::to_string(ill.result());
    }
    catch (const run_failed& e)
    {
        came = e.code();
    }
    std::printf("bad %s\n", came.c_str());
    std::printf("good %d\n", clinic.start(good, "g", 42).result());
    return 0;
}
}

int main(int count, char** arguments)
{
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    std::signal(SIGSEGV, SIG_DFL); // a sanitizer makes an exit of it
    try
    {
        if (count < 4)
            return 2;
        return live(arguments[1], patient_of(arguments[1], arguments[2], arguments[3]), count > 4 ? arguments[4] : "");
    }
    catch (const std::exception& e)
    {
        std::fprintf(stderr, "troubled: %s\n", e.what());
        return 1;
    }
}
