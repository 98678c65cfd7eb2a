// EXPECT-ERROR: refusal::unordered, .*member_of<order, .*"prices"

#include <unordered_map>

#include <everstep/codec.hpp>

struct order
{
#ifdef EVERSTEP_CONTROL
    std::map<std::string, int> prices;
#else
    std::unordered_map<std::string, int> prices;
#endif
};
BOOST_DESCRIBE_STRUCT(order, (), (prices))

std::string use(const order& value) { return everstep::encode(value); }
