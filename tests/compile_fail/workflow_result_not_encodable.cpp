// EXPECT-ERROR: result must be encodable

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

#ifdef EVERSTEP_CONTROL
workflow<int> flow(context&, order o)
{
    co_return o.quantity;
}
#else
workflow<opaque> flow(context&, order)
{
    co_return opaque{};
}
#endif

void add(engine& to)
{
    to.add("flow", flow);
}
