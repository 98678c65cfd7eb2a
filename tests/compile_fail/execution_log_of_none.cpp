// EXPECT-ERROR: this_activity_has_no_log

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
    slip_end execute(execution<seat_args, seat_log>& e) { return e.completed(seat_log{1}); }
#else
    slip_end execute(execution<seat_args>& e) { return e.completed(seat_log{1}); }
#endif
};
