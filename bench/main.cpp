// The benchmark program: see README.md.
//
//     everstep_bench [--quick | --long] [--json FILE] [--report DIR] [--directory DIR] [google-benchmark's own options]

#include "questions.hpp"
#include "support/machine.hpp"
#include "support/report.hpp"
#include "support/roles.hpp"
#include "support/table.hpp"

#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
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
            chosen.amount = amount_of_work::quick;
        else if (name == "--long")
            chosen.amount = amount_of_work::giant;
        else if (name == "--json" && has_value)
            chosen.json = arguments[++i];
        else if (name == "--report" && has_value)
            chosen.report = arguments[++i];
        else if (name == "--directory" && has_value)
            chosen.directory = arguments[++i];
        else
            throw std::invalid_argument("cannot use " + std::string(name) +
                                        "; use [--quick | --long] [--json FILE] [--report DIR] [--directory DIR]");
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

void add_scale(figures& to, const settings& chosen)
{
    const auto sleepers = std::make_shared<sleeping_journals>(chosen.directory);
    add_memory(to, chosen, sleepers);
    add_idle(to, chosen, sleepers);
    add_recovery(to, chosen, sleepers);
    add_replay_core(to, chosen);
    add_work_beside(to, chosen, sleepers); // last of those that share: it leaves finished runs in the journal
    add_growth(to, chosen);
    add_retention(to, chosen);
}

void add_questions(figures& to, const settings& chosen)
{
    add_step_commit(to, chosen);
    add_transact(to, chosen);
    add_events(to, chosen);
    add_start(to, chosen);
    add_latency(to, chosen);
    add_replay(to, chosen);
    add_answer(to, chosen);
    add_page(to, chosen);
    add_blocking(to, chosen);
    add_cost(to, chosen);
    add_half_load(to, chosen);
    add_reading(to, chosen);
    add_scale(to, chosen);
}

int measure(settings chosen, const std::string& command)
{
    std::ofstream json = open_json(chosen);
    std::filesystem::create_directories(chosen.directory);
    if (!chosen.report.empty())
        std::filesystem::create_directories(chosen.report);
    chosen.sync_us = sync_microseconds(chosen.directory);
    std::ostringstream machine;
    print_machine(machine, chosen);
    std::cout << machine.str() << std::endl;

    figures all(chosen);
    add_questions(all, chosen);
    benchmark::RunSpecifiedBenchmarks(&all);

    const std::vector<outcome> outcomes = all.outcomes();
    std::cout << '\n';
    print_table(std::cout, outcomes);
    if (json.is_open())
        write_json(json, outcomes);
    if (!chosen.report.empty())
        write_report(chosen.report, outcomes, machine.str(), command);
    return all.any_failed() || (json.is_open() && !json.flush()) ? 1 : 0;
}

/// As somebody would repeat it elsewhere: without the places of this machine.
std::string command_line(int count, char** arguments)
{
    std::string line = "bench/run";
    for (int i = 1; i < count; ++i)
    {
        const std::string_view one = arguments[i];
        if (one == "--directory" || one == "--report" || one == "--json")
            ++i;
        else
            line.append(" ").append(one);
    }
    return line;
}

int run(int count, char** arguments)
{
    if (count > 2 && std::string_view(arguments[1]) == "--role")
        return play_role(arguments[2], std::span(arguments + 3, static_cast<std::size_t>(count - 3)));
    const std::string command = command_line(count, arguments);
    benchmark::Initialize(&count, arguments);
    return measure(settings_from(count, arguments), command);
}
}
}

int main(int count, char** arguments)
{
    try
    {
        return everstep::bench::run(count, arguments);
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
