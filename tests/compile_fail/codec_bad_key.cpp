// EXPECT-ERROR: a pointer cannot be kept

#include <everstep/codec.hpp>

#ifdef EVERSTEP_CONTROL
using result = std::map<std::string, int>;
#else
using result = std::map<const char*, int>;
#endif

std::string use(const result& value) { return everstep::encode(value); }
