// EXPECT-ERROR: an activity.s log is a described struct

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

struct pointing_log
{
#ifdef EVERSTEP_CONTROL
    int id{};
#else
    int* id{};
#endif
};
BOOST_DESCRIBE_STRUCT(pointing_log, (), (id))

struct flight
{
    slip_end execute(execution<seat_args, pointing_log>& e) { return e.completed(); }
    void compensate(compensation<pointing_log>&) {}
};

void give(slip_activities& given, flight& one) { given.add("flight", one); }
