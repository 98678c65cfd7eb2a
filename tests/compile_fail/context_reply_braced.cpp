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

workflow<int, order> flow(context& ctx, order o)
{
#ifdef EVERSTEP_CONTROL
    co_await ctx.reply(o);
#else
    co_await ctx.reply(order{"a", 1});
#endif
    co_return o.quantity;
}
