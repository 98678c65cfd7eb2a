// EXPECT-ERROR: an activity.s arguments must be encodable

#include <everstep/itinerary.hpp>

using namespace everstep;

struct seat_args
{
#ifdef EVERSTEP_CONTROL
    int seats{};
#else
    int* seats{};
#endif
};
BOOST_DESCRIBE_STRUCT(seat_args, (), (seats))

itinerary plan(const seat_args& seats) { return itinerary().add("flight", seats); }
