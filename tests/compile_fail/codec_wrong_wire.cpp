// EXPECT-ERROR: this type is not described

#include <everstep/codec.hpp>

struct cents
{
    int count{};
};
#ifdef EVERSTEP_CONTROL
BOOST_DESCRIBE_STRUCT(cents, (), (count))
#endif

class money
{
};

template <>
struct everstep::codec<money>
{
    static cents to(const money&) { return {}; }
    static money from(cents) { return {}; }
};

std::string use(const money& value) { return everstep::encode(value); }
