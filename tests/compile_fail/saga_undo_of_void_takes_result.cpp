// EXPECT-ERROR: the undo of a step without result takes .attempt&, services&

#include <everstep/engine.hpp>
#include <everstep/saga.hpp>

using namespace everstep;

workflow<int> flow(context& ctx, int n)
{
    saga undo{ctx};
#ifdef EVERSTEP_CONTROL
    co_await undo.step("charge", [] {}, [](attempt&, services&) {});
#else
    co_await undo.step("charge", [] {}, [](attempt&, services&, const int&) {});
#endif
    co_return n;
}
