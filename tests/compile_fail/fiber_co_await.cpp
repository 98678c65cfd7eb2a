// EXPECT-ERROR: coroutine

#include <everstep/engine.hpp>
#include <everstep/fiber_workflow.hpp>

using namespace everstep;

int flow(fiber_context& ctx, int n)
{
#ifdef EVERSTEP_CONTROL
    ctx.step("one", [] {});
#else
    co_await ctx.cold().step("one", [] {});
#endif
    return n;
}

void use(engine& shop)
{
    shop.add("flow", flow);
}
