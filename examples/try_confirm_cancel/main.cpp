// Books two trips, and there is one seat only. It may be killed at any time: started again with the same journal it goes on where it
// stood, and nobody has a room without a seat.

#include "reservations.hpp"
#include "trip.hpp"

#include <everstep/engine.hpp>
#include <postgres/crossings.hpp>

#include <CLI/CLI.hpp>

#include <iostream>
#include <thread>

using namespace std::chrono_literals;

namespace
{
void buy(everstep::engine& agency, const std::string& id)
try
{
    agency.start(travel::book, id, {"room 101", "seat 7A"}).result(); // the same id after a kill: the same trip
    std::cout << id << ": booked" << std::endl;
}
catch (const everstep::run_failed& why)
{
    std::cout << id << ": " << why.code() << std::endl;
}

struct options
{
    std::string journal, hotel, airline, crossings;
    std::size_t die_at{}, cancel_at{};

    options(int count, char** arguments)
    {
        CLI::App command("Two trips: a room and a seat each, or neither.");
        command.add_option("--journal", journal, "directory of the journal")->required();
        command.add_option("--hotel", hotel, "PostgreSQL database of the hotel")->required();
        command.add_option("--airline", airline, "PostgreSQL database of the airline")->required();
        command.add_option("--crossings", crossings, "writes where the process could be killed to this file");
        command.add_option("--die-at", die_at, "kills the process at the N-th of them");
        command.add_option("--cancel-at", cancel_at, "cancels the first trip at the N-th of them");
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
    postgres::database rooms(given.hotel, [&](const std::string& what) { crossings.pass("hotel: " + what); });
    postgres::database seats(given.airline, [&](const std::string& what) { crossings.pass("airline: " + what); });
    travel::hotel hotel(rooms);
    travel::airline airline(seats);

    everstep::engine agency{{.journal = given.journal}};
    agency.provide(hotel).provide(airline);
    agency.add("book", travel::book);

    crossings.at(given.die_at, stage::die);
    if (given.cancel_at > 0) // from a thread of its own: a step's body must not wait for the engine
        crossings.at(given.cancel_at, [&] { std::jthread([&] { agency.run(travel::book, "trip-1").cancel(); }); });
    agency.open(); // what an earlier process left goes on from here

    buy(agency, "trip-1");
    crossings.pass("trip-1 has ended");
    buy(agency, "trip-2");
    agency.close(10s);
}
catch (const std::exception& why)
{
    std::cerr << "try_confirm_cancel: " << why.what() << std::endl;
    return 2;
}
