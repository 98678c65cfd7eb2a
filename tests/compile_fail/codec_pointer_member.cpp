// EXPECT-ERROR: refusal::pointer, .*member_of<order, .*"next"

#include <everstep/codec.hpp>

struct order
{
    std::string id;
#ifdef EVERSTEP_CONTROL
    std::unique_ptr<order> next;
#else
    order* next{};
#endif
};
BOOST_DESCRIBE_STRUCT(order, (), (id, next))

std::string use(const order& value) { return everstep::encode(value); }
