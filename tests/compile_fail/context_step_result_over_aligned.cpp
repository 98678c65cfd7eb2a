// EXPECT-ERROR: an over-aligned result cannot be delivered

#include <everstep/engine.hpp>
#include <everstep/saga.hpp>

using namespace everstep;

#ifdef EVERSTEP_CONTROL
struct alignas(alignof(std::max_align_t)) wide
#else
struct alignas(4 * alignof(std::max_align_t)) wide
#endif
{
    int number{};
};
BOOST_DESCRIBE_STRUCT(wide, (), (number))

workflow<int> flow(context& ctx, int n)
{
    const wide made = co_await ctx.step("make", [] { return wide{}; });
    co_return n + made.number;
}
