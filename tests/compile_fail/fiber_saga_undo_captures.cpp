// EXPECT-ERROR: it must capture nothing

#include <everstep/engine.hpp>
#include <everstep/fiber_workflow.hpp>

using namespace everstep;

int flow(fiber_context& ctx, int n)
{
    fiber_saga undo{ctx};
#ifdef EVERSTEP_CONTROL
    undo.step("one", [] { return 1; }, [](attempt&, services&, const int&) {});
#else
    undo.step("one", [] { return 1; }, [&](attempt&, services&, const int&) { static_cast<void>(n); });
#endif
    return n;
}

void use(engine& shop)
{
    shop.add("flow", flow);
}
