// EXPECT-ERROR: must lead from names that are gone

#include <everstep/codec.hpp>

struct order
{
    std::string id;
};
BOOST_DESCRIBE_STRUCT(order, (), (id))

template <>
struct everstep::codec_names<order>
{
#ifdef EVERSTEP_CONTROL
    static constexpr codec_alias aliases[] = {{ "number", "id" }};
#else
    static constexpr codec_alias aliases[] = {{"id", "number"}};
#endif
};

std::string use(const order& value) { return everstep::encode(value); }
