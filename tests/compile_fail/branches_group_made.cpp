// EXPECT-ERROR: make it a sub-coroutine

#include <everstep/engine.hpp>

using namespace everstep;
using namespace std::chrono_literals;

workflow<int> flow(context& ctx, std::vector<int> items)
{
#ifdef EVERSTEP_CONTROL
    const auto make = [&](const int&) -> workflow<int> { co_return co_await with_timeout(1s, ctx.step("one", [] { return 1; })); };
#else
    const auto make = [&](const int&) { return with_timeout(1s, ctx.step("one", [] { return 1; })); };
#endif
    co_await all(items, 2, make);
    co_return 0;
}
