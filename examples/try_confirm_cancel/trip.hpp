#pragma once

// A room and a seat, both or neither: try, confirm, cancel, whose coordinator is a durable workflow.

#include <everstep/workflow.hpp>

#include <boost/describe.hpp>

#include <string>

namespace travel
{
struct trip
{
    std::string room;
    std::string seat;
};
BOOST_DESCRIBE_STRUCT(trip, (), (room, seat))

/// Ends when both are confirmed. Fails with what the hotel or the airline said no with, when nothing of it is left.
everstep::workflow<void> book(everstep::context& ctx, trip wanted);
}
