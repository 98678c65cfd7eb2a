// EXPECT-ERROR: is not the Reply of this workflow

#include <everstep/engine.hpp>
#include <everstep/saga.hpp>

using namespace everstep;

struct order
{
    std::string id;
    int quantity{};
};
BOOST_DESCRIBE_STRUCT(order, (), (id, quantity))

workflow<int, std::string> flow(context& ctx, order o)
{
#ifdef EVERSTEP_CONTROL
    co_await ctx.reply(o.id);
#else
    co_await ctx.reply(o.quantity);
#endif
    co_return o.quantity;
}
