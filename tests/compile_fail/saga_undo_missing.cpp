// EXPECT-ERROR: no matching (member )?function

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
    saga undo{ctx};
#ifdef EVERSTEP_CONTROL
    co_await undo.step("charge", [&o] { return o.quantity; }, [](attempt&, services&, const int&) {});
#else
    co_await undo.step("charge", [&o] { return o.quantity; });
#endif
    co_return o.quantity;
}
