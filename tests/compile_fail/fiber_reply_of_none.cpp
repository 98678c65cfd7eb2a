// EXPECT-ERROR: no member named 'reply'|has no member named 'reply'

#include <everstep/engine.hpp>
#include <everstep/fiber_workflow.hpp>

using namespace everstep;

#ifdef EVERSTEP_CONTROL
int flow(replying_fiber_context<int>& ctx, int n)
#else
int flow(fiber_context& ctx, int n)
#endif
{
    ctx.reply(n);
    return n;
}

void use(engine& shop)
{
    shop.add("flow", flow);
}
