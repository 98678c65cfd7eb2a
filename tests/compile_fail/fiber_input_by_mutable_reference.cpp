// EXPECT-ERROR: takes its input by value or as const reference

#include <everstep/engine.hpp>
#include <everstep/fiber_workflow.hpp>

using namespace everstep;

struct order
{
    std::string id;
    int quantity{};
};
BOOST_DESCRIBE_STRUCT(order, (), (id, quantity))

#ifdef EVERSTEP_CONTROL
int flow(fiber_context&, const order& o)
#else
int flow(fiber_context&, order& o)
#endif
{
    return o.quantity;
}

void use(engine& shop)
{
    shop.add("flow", flow);
}
