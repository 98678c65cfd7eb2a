// EXPECT-ERROR: refusal::view, .*member_of<order, .*"id"

#include <everstep/codec.hpp>

struct order
{
#ifdef EVERSTEP_CONTROL
    std::string id;
#else
    std::string_view id;
#endif
};
BOOST_DESCRIBE_STRUCT(order, (), (id))

std::string use(const order& value) { return everstep::encode(value); }
