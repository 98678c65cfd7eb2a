// Pays twice from one bank to another; the second time there is not enough money. It may be killed at any time: started again with the
// same journal it goes on where it stood, and what left one account has come to the other.

#include "bank.hpp"
#include "transfer.hpp"

#include <everstep/engine.hpp>
#include <postgres/crossings.hpp>

#include <CLI/CLI.hpp>

#include <iostream>
#include <thread>

using namespace std::chrono_literals;

namespace
{
void pay(everstep::engine& office, const std::string& id, const money::payment& wanted)
try
{
    const auto run = office.start(money::transfer, id, wanted); // the same id after a kill: the same transfer
    const money::decision made = run.reply();
    std::cout << id << ": " << (made.is_commit ? "committed" : "rolled back, " + made.why) << std::endl;
    run.result(); // only so that this program ends when both banks have done it
}
catch (const everstep::run_failed& why)
{
    std::cout << id << ": " << why.code() << std::endl;
}

struct options
{
    std::string journal, north, south, crossings;
    std::size_t die_at{}, cancel_at{};
    std::int64_t patience_ms{10'000};

    options(int count, char** arguments)
    {
        CLI::App command("Two payments from bank to bank.");
        command.add_option("--journal", journal, "directory of the journal")->required();
        command.add_option("--north", north, "PostgreSQL database of the bank north")->required();
        command.add_option("--south", south, "PostgreSQL database of the bank south")->required();
        command.add_option("--patience-ms", patience_ms, "how long a bank may take to say yes");
        command.add_option("--crossings", crossings, "writes where the process could be killed to this file");
        command.add_option("--die-at", die_at, "kills the process at the N-th of them");
        command.add_option("--cancel-at", cancel_at, "cancels the first payment at the N-th of them");
        try
        {
            command.parse(count, arguments);
        }
        catch (const CLI::ParseError& why)
        {
            std::exit(command.exit(why));
        }
    }
};
}

int main(int count, char** arguments)
try
{
    const options given(count, arguments);
    stage::crossings crossings(given.crossings);
    postgres::database north(given.north, [&](const std::string& what) { crossings.pass("north: " + what); });
    postgres::database south(given.south, [&](const std::string& what) { crossings.pass("south: " + what); });
    money::banks banks({{"north", north}, {"south", south}});

    everstep::engine office{{.journal = given.journal}};
    office.provide(banks);
    office.add("transfer", money::transfer);

    crossings.at(given.die_at, stage::die);
    if (given.cancel_at > 0) // from a thread of its own: a step's body must not wait for the engine
        crossings.at(given.cancel_at, [&] { std::jthread([&] { office.run(money::transfer, "transfer-1").cancel(); }); });
    office.open(); // what an earlier process left goes on from here

    const std::chrono::milliseconds patience(given.patience_ms);
    pay(office, "transfer-1", {{"north", "alice"}, {"south", "bob"}, 30'00, patience});
    crossings.pass("transfer-1 has ended");
    pay(office, "transfer-2", {{"south", "bob"}, {"north", "alice"}, 500'00, patience});
    office.close(10s);
}
catch (const std::exception& why)
{
    std::cerr << "two_phase_commit: " << why.what() << std::endl;
    return 2;
}
