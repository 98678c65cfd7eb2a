// EXPECT-ERROR: its Reply must be that of the workflow

#include <everstep/engine.hpp>
#include <everstep/saga.hpp>

using namespace everstep;

struct order
{
    std::string id;
    int quantity{};
};
BOOST_DESCRIBE_STRUCT(order, (), (id, quantity))

workflow<int, int> sub(context& ctx, int n)
{
    co_await ctx.reply(n);
    co_return n;
}

#ifdef EVERSTEP_CONTROL
workflow<int, int> flow(context& ctx, order o)
#else
workflow<int, std::string> flow(context& ctx, order o)
#endif
{
    co_return co_await sub(ctx, o.quantity);
}
