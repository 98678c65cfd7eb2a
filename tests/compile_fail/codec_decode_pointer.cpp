// EXPECT-ERROR: a pointer cannot be kept

#include <everstep/codec.hpp>

#ifdef EVERSTEP_CONTROL
using result = std::string;
#else
using result = const char*;
#endif

void use(void* slot)
{
    everstep::decode_into<result>(slot, "null");
    static_cast<void>(everstep::decode<result>("null"));
}
