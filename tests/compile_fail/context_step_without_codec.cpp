// EXPECT-ERROR: step.s result must be encodable

#include <everstep/engine.hpp>
#include <everstep/saga.hpp>

using namespace everstep;

struct order
{
    std::string id;
    int quantity{};
};
BOOST_DESCRIBE_STRUCT(order, (), (id, quantity))

struct opaque
{
    void* secret{};
};

workflow<int> flow(context& ctx, order o)
{
#ifdef EVERSTEP_CONTROL
    co_await ctx.step("look", [] { return 1; });
#else
    co_await ctx.step("look", [] { return opaque{}; });
#endif
    co_return o.quantity;
}
