// EXPECT-ERROR: the description leaves a member out

#include <everstep/codec.hpp>

struct stamped
{
    int at{};
};
BOOST_DESCRIBE_STRUCT(stamped, (), (at))

struct order : stamped
{
    std::string id;
};
#ifdef EVERSTEP_CONTROL
BOOST_DESCRIBE_STRUCT(order, (stamped), (id))
#else
BOOST_DESCRIBE_STRUCT(order, (), (id))
#endif

std::string use(const order& value) { return everstep::encode(value); }
