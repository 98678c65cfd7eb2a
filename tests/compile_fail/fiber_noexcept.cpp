// EXPECT-ERROR: no matching (member )?function

#include <everstep/engine.hpp>
#include <everstep/fiber_workflow.hpp>

using namespace everstep;

#ifdef EVERSTEP_CONTROL
int flow(fiber_context&, int n) { return n; }
#else
int flow(fiber_context&, int n) noexcept { return n; }
#endif

void use(engine& shop)
{
    shop.add("flow", flow);
}
