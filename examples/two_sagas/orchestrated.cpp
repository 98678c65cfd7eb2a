#include "orchestrated.hpp"

#include "services.hpp"

#include <everstep/saga.hpp>

using namespace std::chrono_literals;
using everstep::transaction;

namespace two_sagas
{
everstep::workflow<void> sell(everstep::context& ctx, order o)
{
    constexpr everstep::retry_policy patient{.first = 1ms, .attempts = carrier::attempts_max};
    everstep::saga undo{ctx};

    co_await undo.transact("charge",
        [&](transaction& tx) { return bank::charge(tx, o); },
        [](transaction& tx, const page& paid) { bank::refund(tx, paid); });
    co_await undo.transact("reserve",
        [&](transaction& tx) { return warehouse::reserve(tx, o); },
        [](transaction& tx, const page& kept) { warehouse::give_back(tx, kept); });
    co_await ctx.transact("ship", patient, [&](transaction& tx) { carrier::ship(tx, o); });
}
}
