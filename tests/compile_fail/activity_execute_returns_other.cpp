// EXPECT-ERROR: one member function slip_end execute

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

struct flight
{
#ifdef EVERSTEP_CONTROL
    slip_end execute(execution<seat_args>& e) { return e.completed(); }
#else
    void execute(execution<seat_args>&) {}
#endif
};

void give(slip_activities& given, flight& one) { given.add("flight", one); }
