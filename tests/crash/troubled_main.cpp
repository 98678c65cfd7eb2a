// A program whose step kills it.
//
//     troubled_main <folder> abort|kill [resume]     the step ends the process, until the folder holds a file "healed"
//
// Prints one line for each run: "good 42", "bad <what came of it>".

#include <everstep/engine.hpp>

#include <csignal>
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
};

workflow<int> bad(context& ctx, int)
{
    auto& now = ctx.use<patient>();
    co_await ctx.step("before", [] {});
    co_return co_await ctx.step("deadly", [&] {
        if (now.healed)
            return 7;
        if (now.aborts)
            std::abort();
        ::kill(::getpid(), SIGKILL);
        for (;;)
            ::pause();
    });
}

workflow<int> good(context& ctx, int from)
{
    const int half = co_await ctx.step("half", [&] { return from / 2; });
    co_return co_await ctx.step("other half", [&] { return half * 2; });
}

int live(const std::string& folder, bool aborts, bool resumes)
{
    patient now{std::filesystem::exists(folder + "/healed"), aborts};
    engine_options options;
    options.journal = folder + "/journal";
    options.log = [](const log_line&) {};
    engine clinic(options);
    clinic.provide(now);
    clinic.add("bad", bad);
    clinic.add("good", good);
    clinic.open();
    auto ill = clinic.start(bad, "b", 0);
    if (resumes)
        ill.resume("cured");
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
    try
    {
        return count < 3 ? 2 : live(arguments[1], arguments[2] == std::string("abort"), count > 3);
    }
    catch (const std::exception& e)
    {
        std::fprintf(stderr, "troubled: %s\n", e.what());
        return 1;
    }
}
