// EXPECT-ERROR: the description leaves a member out

#include <everstep/codec.hpp>

struct order
{
    std::string id;
    std::optional<int> count;
};
#ifdef EVERSTEP_CONTROL
BOOST_DESCRIBE_STRUCT(order, (), (id, count))
#else
BOOST_DESCRIBE_STRUCT(order, (), (id))
#endif

std::string use(const order& value) { return everstep::encode(value); }
