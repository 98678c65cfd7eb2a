// EXPECT-ERROR: refusal::undescribed, .*member_of<order, .*"place"

#include <everstep/codec.hpp>

struct address
{
    std::string street;
};
#ifdef EVERSTEP_CONTROL
BOOST_DESCRIBE_STRUCT(address, (), (street))
#endif

struct order
{
    std::string id;
    std::vector<std::optional<address>> place;
};
BOOST_DESCRIBE_STRUCT(order, (), (id, place))

std::string use(const order& value) { return everstep::encode(value); }
