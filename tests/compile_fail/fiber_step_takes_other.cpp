// EXPECT-ERROR: a step's body takes nothing, or an attempt&

#include <everstep/engine.hpp>
#include <everstep/fiber_workflow.hpp>

using namespace everstep;

int flow(fiber_context& ctx, int n)
{
#ifdef EVERSTEP_CONTROL
    return ctx.step("one", [&](attempt&) { return n; });
#else
    return ctx.step("one", [&](int) { return n; });
#endif
}

void use(engine& shop)
{
    shop.add("flow", flow);
}
