// EXPECT-ERROR: a reference cannot be kept

#include <everstep/codec.hpp>

#ifdef EVERSTEP_CONTROL
using result = std::tuple<int, bool>;
#else
using result = std::tuple<int&, bool>;
#endif

std::string use(const result& value) { return everstep::encode(value); }
