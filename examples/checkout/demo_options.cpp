#include "demo_options.hpp"

#include "order_file.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>

namespace shop
{
demo_options demo_options::parse(int count, char** arguments)
{
    demo_options result;
    auto day = result.day.count(), service = result.service.count();
    CLI::App command("Real orders through a shop that is killed again and again. Nothing is lost, nobody pays twice.");
    command.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    command.add_option("--orders", result.orders, "the order file (CSV)")->required();
    command.add_option("--kills", result.kills, "how often the shop is killed mid-way")->capture_default_str()->check(CLI::Range(0, 1000));
    command.add_option("--rate", result.rate, "orders a second")->capture_default_str()->check(CLI::Range(0.1, 100'000.0));
    command.add_option("--day-ms", day, "how long a day of the order file lasts")->capture_default_str()->check(CLI::Range(0, 86'400'000));
    command.add_option("--service-ms", service, "how long each call outside takes")->capture_default_str()->check(CLI::Range(0, 60'000));
    command.add_option("--journal", result.journal, "directory of the journal, kept afterwards; the default is a fresh one");
    command.add_option("--json", result.json, "writes the figures to this file, too");
    try
    {
        command.parse(count, arguments);
    }
    catch (const CLI::CallForHelp& help)
    {
        std::exit(command.exit(help));
    }
    catch (const CLI::ParseError& why)
    {
        throw bad_input(why.what());
    }
    result.day = std::chrono::milliseconds(day);
    result.service = std::chrono::milliseconds(service);
    while (result.journal.size() > 1 && result.journal.ends_with('/'))
        result.journal.pop_back();
    return result;
}
}
