// EXPECT-ERROR: takes nothing, or an attempt&

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
    co_await ctx.step("look", [](attempt&) { return 1; });
#else
    co_await ctx.step("look", [](int) { return 1; });
#endif
    co_return o.quantity;
}
