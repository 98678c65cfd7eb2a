// EXPECT-ERROR: no matching (member )?function

#include <everstep/engine.hpp>
#include <everstep/fiber_workflow.hpp>

using namespace everstep;

int flow(fiber_context& ctx, int n)
{
#ifdef EVERSTEP_CONTROL
    ctx.all([&](fiber_context&) { return n; });
#else
    ctx.all([&] { return n; });
#endif
    return n;
}

void use(engine& shop)
{
    shop.add("flow", flow);
}
