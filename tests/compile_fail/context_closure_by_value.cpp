// EXPECT-ERROR: destroys by-value captures twice
// COMPILER: gcc

#include <everstep/engine.hpp>
#include <everstep/saga.hpp>

using namespace everstep;

struct order
{
    std::string id;
    int quantity{};
};
BOOST_DESCRIBE_STRUCT(order, (), (id, quantity))

workflow<int> flow(context& ctx, order o)
{
#ifdef EVERSTEP_CONTROL
    co_await ctx.step("look", [&o] { return o.id; });
#else
    co_await ctx.step("look", [o] { return o.id; });
#endif
    co_return o.quantity;
}
