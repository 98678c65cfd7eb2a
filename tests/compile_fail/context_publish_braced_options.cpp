// EXPECT-ERROR: deleted function
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
    const publish_options keyed{.key = "k"};
    co_await ctx.publish("orders", o, keyed);
#else
    co_await ctx.publish("orders", o, {.key = "k"});
#endif
    co_return o.quantity;
}
