// EXPECT-ERROR: codec<T> needs static X to

#include <everstep/codec.hpp>

class money
{
};

template <>
struct everstep::codec<money>
{
    static int to(const money&) { return 0; }
#ifdef EVERSTEP_CONTROL
    static money from(int) { return {}; }
#endif
};

std::string use(const money& value) { return everstep::encode(value); }
