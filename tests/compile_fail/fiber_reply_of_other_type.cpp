// EXPECT-ERROR: could not bind|cannot convert

#include <everstep/engine.hpp>
#include <everstep/fiber_workflow.hpp>

using namespace everstep;

struct order
{
    std::string id;
    int quantity{};
};
BOOST_DESCRIBE_STRUCT(order, (), (id, quantity))

int flow(replying_fiber_context<order>& ctx, order o)
{
#ifdef EVERSTEP_CONTROL
    ctx.reply(o);
#else
    ctx.reply(o.quantity);
#endif
    return o.quantity;
}

void use(engine& shop)
{
    shop.add("flow", flow);
}
