// EXPECT-ERROR: refusal::shared, .*member_of<order, .*"gift"

#include <everstep/codec.hpp>

struct order
{
#ifdef EVERSTEP_CONTROL
    std::unique_ptr<std::string> gift;
#else
    std::shared_ptr<std::string> gift;
#endif
};
BOOST_DESCRIBE_STRUCT(order, (), (gift))

std::string use(const order& value) { return everstep::encode(value); }
