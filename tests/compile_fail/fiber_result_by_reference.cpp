// EXPECT-ERROR: returns a value, not a reference

#include <everstep/engine.hpp>
#include <everstep/fiber_workflow.hpp>

using namespace everstep;

int kept = 0;
#ifdef EVERSTEP_CONTROL
int flow(fiber_context&, int) { return kept; }
#else
int& flow(fiber_context&, int) { return kept; }
#endif

void use(engine& shop)
{
    shop.add("flow", flow);
}
