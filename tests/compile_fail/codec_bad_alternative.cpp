// EXPECT-ERROR: this type is not described

#include <everstep/codec.hpp>

#ifdef EVERSTEP_CONTROL
using result = std::variant<int, std::string>;
#else
struct secret
{
};
using result = std::variant<int, secret>;
#endif

std::string use(const result& value) { return everstep::encode(value); }
