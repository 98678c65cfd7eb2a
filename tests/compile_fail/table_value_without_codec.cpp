// EXPECT-ERROR: a table.s value must be encodable

#include <everstep/table.hpp>

using namespace everstep;

struct opaque
{
    void* secret{};
};

#ifdef EVERSTEP_CONTROL
const table<int, int> things{"things"};
#else
const table<int, opaque> things{"things"};
#endif
