// EXPECT-ERROR: a table.s key is a bool, integer, enum, std::string, time or duration

#include <everstep/table.hpp>

using namespace everstep;

#ifdef EVERSTEP_CONTROL
const table<int, int> prices{"prices"};
#else
const table<double, int> prices{"prices"};
#endif
