// EXPECT-ERROR: async_submit

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
#include <everstep/async.hpp>
#endif

workflow<int> flow(context&, order o)
{
    co_return o.quantity;
}

void use(engine& shop)
{
    shop.run(flow, "a").async_result([](std::exception_ptr, int) {});
}
