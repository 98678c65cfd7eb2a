// EXPECT-ERROR: deleted function|call to deleted

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
    co_await ctx.sleep_for(std::chrono::seconds(1));
#else
    co_await std::suspend_always{};
#endif
    co_return o.quantity;
}
