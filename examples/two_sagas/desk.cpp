#include "desk.hpp"

#include "choreographed.hpp"
#include "fate.hpp"

#include <algorithm>

using everstep::delivery, everstep::engine, everstep::event, everstep::transaction;

namespace two_sagas
{
namespace
{
const everstep::table<page, order> orders{"orders"};

/// Whoever adds a service that may come last adds its end here.
const everstep::event_filter is_end = everstep::filters::any_of("type", {"shipped", "declined", "refunded"});
}

void place(engine& shop, const order& o)
{
    shop.transact([&](transaction& tx) {
        if (tx.compare_and_set(orders, o.page(), std::nullopt, o))
            tell(tx, "orders", "placed", o);
    });
}

std::vector<event> story_of(const engine& shop, const order& o)
{
    std::vector<event> story;
    shop.read([&](const everstep::table_reader& in) {
        for (const char* topic : {"orders", "payments", "stock", "parcels"})
            in.events(topic, 1, [&](const event& e) {
                if (e.key == o.id)
                    story.push_back(e);
            });
    });
    std::ranges::sort(story, {}, &event::number);
    return story;
}

void desk::listen(engine& shop)
{
    for (const std::string topic : {"payments", "parcels"})
        shop.subscribe(topic, "desk hears of " + topic, [this](const event&, delivery& d) {
            d.use<fate>().moment();
            ++ends_;
            ends_.notify_all();
        }, {.filter = is_end});
}

std::vector<event> desk::wait_for_end(const engine& shop, const order& o)
{
    while (true)
    {
        const int heard = ends_; // before the look: what comes after it is heard
        auto story = story_of(shop, o);
        if (!story.empty() && is_end.matches(story.back()))
            return story;
        ends_.wait(heard);
    }
}
}
