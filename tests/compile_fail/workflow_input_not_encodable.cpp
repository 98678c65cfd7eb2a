// EXPECT-ERROR: input must be encodable

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
workflow<int> flow(context&, order)
#else
workflow<int> flow(context&, opaque)
#endif
{
    co_return 1;
}

void use(engine& shop)
{
    shop.add("flow", flow);
}
