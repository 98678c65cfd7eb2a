// EXPECT-ERROR: a workflow's reply must be encodable

#include <everstep/engine.hpp>
#include <everstep/saga.hpp>

using namespace everstep;

struct opaque
{
    void* secret{};
};

#ifdef EVERSTEP_CONTROL
using early = int;
#else
using early = opaque;
#endif

workflow<int, early> flow(context&, int n)
{
    co_return n;
}
