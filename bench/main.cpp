// The benchmark program: see README.md.
//
//     everstep_bench [--quick] [--json FILE] [--directory DIR] [google-benchmark's own options]

#include "questions.hpp"
#include "support/machine.hpp"

#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string_view>

namespace everstep::bench
{
namespace
{
constexpr int bad_usage = 2;

settings settings_from(int count, char** arguments)
{
    settings chosen;
    for (int i = 1; i < count; ++i)
    {
        const std::string_view name = arguments[i];
        const bool has_value = i + 1 < count;
        if (name == "--quick")
            chosen.quick = true;
        else if (name == "--json" && has_value)
            chosen.json = arguments[++i];
        else if (name == "--directory" && has_value)
            chosen.directory = arguments[++i];
        else
            throw std::invalid_argument("cannot use " + std::string(name) +
                                        "; use [--quick] [--json FILE] [--directory DIR]");
    }
    return chosen;
}

/// Opened before anything is measured, so that a wrong name costs no minutes.
std::ofstream open_json(const settings& chosen)
{
    std::ofstream file;
    if (!chosen.json.empty())
    {
        file.open(chosen.json);
        if (!file)
            throw std::invalid_argument("cannot write " + chosen.json);
    }
    return file;
}

int measure(settings chosen)
{
    std::ofstream json = open_json(chosen);
    std::filesystem::create_directories(chosen.directory);
    chosen.sync_us = sync_microseconds(chosen.directory);
    print_machine(std::cout, chosen);
    std::cout << std::endl;

    figures all(chosen);
    add_step_commit(all, chosen);
    add_start(all, chosen);
    add_latency(all, chosen);
    add_replay(all, chosen);
    benchmark::RunSpecifiedBenchmarks(&all);

    std::cout << '\n';
    all.print_table(std::cout);
    if (json.is_open())
        all.write_json(json);
    return all.any_failed() || (json.is_open() && !json.flush()) ? 1 : 0;
}
}
}

int main(int count, char** arguments)
{
    try
    {
        benchmark::Initialize(&count, arguments);
        return everstep::bench::measure(everstep::bench::settings_from(count, arguments));
    }
    catch (const std::invalid_argument& wrong)
    {
        std::cerr << "everstep_bench: " << wrong.what() << '\n';
        return everstep::bench::bad_usage;
    }
    catch (const std::exception& failed)
    {
        std::cerr << "everstep_bench: " << failed.what() << '\n';
        return 1;
    }
}
