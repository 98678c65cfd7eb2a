// EXPECT-ERROR: a reply must be encodable

#include <everstep/engine.hpp>
#include <everstep/saga.hpp>

using namespace everstep;

struct opaque
{
    void* secret{};
};

workflow<int, int> flow(context& ctx, int n)
{
#ifdef EVERSTEP_CONTROL
    co_await ctx.reply(n);
#else
    const opaque hidden{};
    co_await ctx.reply(hidden);
#endif
    co_return n;
}
