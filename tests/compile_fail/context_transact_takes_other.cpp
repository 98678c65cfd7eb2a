// EXPECT-ERROR: a transaction.s body takes a transaction&

#include <everstep/engine.hpp>

using namespace everstep;

workflow<int> flow(context& ctx, int n)
{
#ifdef EVERSTEP_CONTROL
    co_await ctx.transact("take", [](transaction&) { return 1; });
#else
    co_await ctx.transact("take", [](attempt&) { return 1; });
#endif
    co_return n;
}
