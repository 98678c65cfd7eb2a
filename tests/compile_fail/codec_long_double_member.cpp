// EXPECT-ERROR: refusal::odd_number, .*member_of<order, .*"weight"

#include <everstep/codec.hpp>

struct order
{
#ifdef EVERSTEP_CONTROL
    double weight{};
#else
    long double weight{};
#endif
};
BOOST_DESCRIBE_STRUCT(order, (), (weight))

std::string use(const order& value) { return everstep::encode(value); }
