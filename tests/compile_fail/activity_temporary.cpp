// EXPECT-ERROR: deleted

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
    slip_end execute(execution<seat_args>& e) { return e.completed(); }
};

void give(slip_activities& given)
{
#ifdef EVERSTEP_CONTROL
    static flight one;
    given.add("flight", one);
#else
    given.add("flight", flight{});
#endif
}
