// EXPECT-ERROR: no matching function

#include <everstep/engine.hpp>

using namespace everstep;
using namespace std::chrono_literals;

workflow<int, int> flow(context& ctx, int)
{
#ifdef EVERSTEP_CONTROL
    co_await ctx.reply(1);
    co_await all(ctx.sleep_for(1s));
#else
    co_await all(ctx.reply(1));
#endif
    co_return 0;
}
