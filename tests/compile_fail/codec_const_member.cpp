// EXPECT-ERROR: refusal::constant, .*member_of<order, .*"id"

#include <everstep/codec.hpp>

struct order
{
#ifdef EVERSTEP_CONTROL
    int id{};
#else
    const int id{};
#endif
};
BOOST_DESCRIBE_STRUCT(order, (), (id))

std::string use(const order& value) { return everstep::encode(value); }
