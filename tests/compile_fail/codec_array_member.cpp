// EXPECT-ERROR: refusal::plain_array, .*member_of<order, .*"parts"

#include <everstep/codec.hpp>

struct order
{
#ifdef EVERSTEP_CONTROL
    std::array<int, 3> parts{};
#else
    int parts[3]{};
#endif
};
BOOST_DESCRIBE_STRUCT(order, (), (parts))

std::string use(const order& value) { return everstep::encode(value); }
