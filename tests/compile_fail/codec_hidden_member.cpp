// EXPECT-ERROR: a member hides one of a base

#include <everstep/codec.hpp>

struct stamped
{
    int id{};
};
BOOST_DESCRIBE_STRUCT(stamped, (), (id))

struct order : stamped
{
#ifdef EVERSTEP_CONTROL
    std::string name;
};
BOOST_DESCRIBE_STRUCT(order, (stamped), (name))
#else
    std::string id;
};
BOOST_DESCRIBE_STRUCT(order, (stamped), (id))
#endif

std::string use(const order& value) { return everstep::encode(value); }
