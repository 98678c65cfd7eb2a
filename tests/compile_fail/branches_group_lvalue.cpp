// EXPECT-ERROR: build branches where you await them

#include <everstep/engine.hpp>

using namespace everstep;
using namespace std::chrono_literals;

workflow<int> flow(context& ctx, int)
{
#ifdef EVERSTEP_CONTROL
    const auto [one] = co_await all(ctx.step("one", [] { return 1; }));
#else
    auto both = all(ctx.step("one", [] { return 1; }));
    const auto [one] = co_await both;
#endif
    co_return one;
}
