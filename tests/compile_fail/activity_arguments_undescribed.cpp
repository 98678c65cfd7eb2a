// EXPECT-ERROR: an activity.s arguments are a described struct

#include <everstep/activity.hpp>

using namespace everstep;

struct seat_args
{
    int seats{};
};
BOOST_DESCRIBE_STRUCT(seat_args, (), (seats))

struct seat_log
{
    int id{};
};
BOOST_DESCRIBE_STRUCT(seat_log, (), (id))

struct loose_args
{
    int seats{};
};
#ifdef EVERSTEP_CONTROL
BOOST_DESCRIBE_STRUCT(loose_args, (), (seats))
#endif

struct flight
{
    slip_end execute(execution<loose_args>& e) { return e.completed(); }
};

void give(slip_activities& given, flight& one) { given.add("flight", one); }
