// EXPECT-ERROR: slip_end

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
    slip_end execute(execution<seat_args>&) { return {}; }
#endif
};
