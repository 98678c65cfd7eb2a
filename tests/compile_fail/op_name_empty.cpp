// EXPECT-ERROR: called in a constant expression|not a constant expression|call to consteval|expression .<throw-expression>. is not a constant|1 to 128 bytes

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
    co_await ctx.step("x", [] { return 1; });
#else
    co_await ctx.step("", [] { return 1; });
#endif
    co_return o.quantity;
}
