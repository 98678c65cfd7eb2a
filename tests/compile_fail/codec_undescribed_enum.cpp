// EXPECT-ERROR: refusal::enum_undescribed, .*member_of<order, .*"tint"

#include <everstep/codec.hpp>

enum class color
{
    red
};
#ifdef EVERSTEP_CONTROL
BOOST_DESCRIBE_ENUM(color, red)
#endif

struct order
{
    color tint{};
};
BOOST_DESCRIBE_STRUCT(order, (), (tint))

std::string use(const order& value) { return everstep::encode(value); }
