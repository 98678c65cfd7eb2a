// EXPECT-ERROR: or .transaction&, const Result&

#include <everstep/engine.hpp>
#include <everstep/saga.hpp>

using namespace everstep;

workflow<int> flow(context& ctx, int n)
{
    saga undo{ctx};
#ifdef EVERSTEP_CONTROL
    co_await undo.transact("take", [](transaction&) { return 1; }, [](transaction&, const int&) {});
#else
    co_await undo.transact("take", [](transaction&) { return 1; }, [](transaction&, const std::string&) {});
#endif
    co_return n;
}
