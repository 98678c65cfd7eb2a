// EXPECT-ERROR: an activity with a log has void compensate

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
    slip_end execute(execution<seat_args, seat_log>& e) { return e.completed(seat_log{1}); }
#ifdef EVERSTEP_CONTROL
    void compensate(compensation<seat_log>&) {}
#else
    void compensate(compensation<seat_args>&) {}
#endif
};

void give(slip_activities& given, flight& one) { given.add("flight", one); }
