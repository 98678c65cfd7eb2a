// EXPECT-ERROR: refusal::incomplete_description, .*member_of<order, .*"place"

#include <everstep/codec.hpp>

struct address
{
    std::string street;
    int number{};
    std::string city;
};
#ifdef EVERSTEP_CONTROL
BOOST_DESCRIBE_STRUCT(address, (), (street, number, city))
#else
BOOST_DESCRIBE_STRUCT(address, (), (street, city))
#endif

struct order
{
    address place;
};
BOOST_DESCRIBE_STRUCT(order, (), (place))

std::string use(const order& value) { return everstep::encode(value); }
