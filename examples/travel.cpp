// A routing slip: an itinerary that is data. The hotel is full and sends the traveller to the hostel; there is no car, so all is cancelled.
//
//     travel [JOURNAL]         run it twice with the same directory: the second time everything has been done, and undone, already

#include <everstep/engine.hpp>
#include <everstep/routing_slip.hpp>

#include <iostream>
#include <string>
#include <thread>

using namespace everstep;

struct trip_args
{
    std::string city, traveller;
};
BOOST_DESCRIBE_STRUCT(trip_args, (), (city, traveller))

struct ticket
{
    std::string number;
};
BOOST_DESCRIBE_STRUCT(ticket, (), (number))

/// Flight and hostel: book, and cancel what was booked. Whoever is called deduplicates by the token.
struct booking
{
    slip_end execute(execution<trip_args, ticket>& e)
    {
        std::cout << "book " << e.activity() << " to " << e.arguments().city << " for " << e.arguments().traveller << std::endl;
        return e.completed({.number = "no. 1"});
    }
    void compensate(compensation<ticket>& c) { std::cout << "cancel " << c.activity() << ' ' << c.log().number << std::endl; }
};

/// Leaves nothing behind, so there is nothing to compensate.
struct full_hotel
{
    slip_end execute(execution<trip_args>& e)
    {
        std::cout << "the hotel is full" << std::endl;
        return e.revise_itinerary(itinerary().add("hostel").append(e.rest()));
    }
};

struct car_rental
{
    slip_end execute(execution<trip_args>& e) { return e.fault("no_car", "no car left in " + e.arguments().city); }
};

int main(int count, char** arguments)
{
    booking any;
    full_hotel hotel;
    car_rental car;
    slip_activities given;
    given.add("flight", any).add("hostel", any).add("hotel", hotel).add("car", car);

    engine agency{{.journal = count > 1 ? arguments[1] : ":memory:"}};
    agency.provide(given);
    agency.add_topic("trips");
    agency.add("trip", run_slip);
    agency.subscribe("trips", "desk", [](const event& e) {
        const auto notice = e.as<slip_notice>();
        std::cout << "the desk hears of " << notice.tracking_number << ": " << notice.text << std::endl;
    });
    agency.open();

    routing_slip slip;
    slip.route.add("flight").add("hotel", {{"city", "Roma"}}).add("car");
    slip.set("city", "Rome").set("traveller", "ann"); // for every activity that is not told otherwise
    slip.tell("trips", {slip_event::faulted});

    const slip_outcome end = agency.start(run_slip, "trip-17", slip).result();
    while (agency.subscription("desk").status().backlog != 0) // it is told on a thread of its own
        std::this_thread::yield();
    for (const activity_record& one : end.activities)
        std::cout << one.activity << ' ' << encode(one.state) << std::endl;
}
