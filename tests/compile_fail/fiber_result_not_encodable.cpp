// EXPECT-ERROR: a workflow's result must be encodable

#include <everstep/engine.hpp>
#include <everstep/fiber_workflow.hpp>

using namespace everstep;

#ifdef EVERSTEP_CONTROL
int flow(fiber_context&, int n) { return n; }
#else
int* flow(fiber_context&, int) { return nullptr; }
#endif

void use(engine& shop)
{
    shop.add("flow", flow);
}
