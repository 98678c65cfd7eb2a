// EXPECT-ERROR: takes its input by value

#include <everstep/engine.hpp>
#include <everstep/saga.hpp>

using namespace everstep;

struct order
{
    std::string id;
    int quantity{};
};
BOOST_DESCRIBE_STRUCT(order, (), (id, quantity))

#ifdef EVERSTEP_CONTROL
workflow<int> flow(context&, order o)
#else
workflow<int> flow(context&, const order& o)
#endif
{
    co_return o.quantity;
}

void use(engine& shop)
{
    shop.add("flow", flow);
}
