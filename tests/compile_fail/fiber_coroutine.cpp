// EXPECT-ERROR: a fiber workflow is an ordinary function: a coroutine takes context&

#include <everstep/engine.hpp>
#include <everstep/fiber_workflow.hpp>

using namespace everstep;

#ifdef EVERSTEP_CONTROL
workflow<int> flow(context&, int n)
#else
workflow<int> flow(fiber_context&, int n)
#endif
{
    co_return n;
}

void use(engine& shop)
{
    shop.add("flow", flow);
}
