#include "synchronous.hpp"

#include "services.hpp"

#include <everstep/error.hpp>

#include <algorithm>

namespace shop
{
namespace
{
constexpr std::size_t orders_max = 200;

void buy(outside_world& world, const order& o)
{
    const receipt paid = bank{world}.charge(o, o.id + "-charge");
    try
    {
        const reservation taken = warehouse{world}.reserve(o, o.id + "-reserve");
        if (o.status == order_status::canceled)
        {
            warehouse{world}.give_back(taken, o.id + "-give_back");
            bank{world}.refund(paid, o.id + "-refund");
            return;
        }
        if (o.status == order_status::invoiced || o.status == order_status::processing)
            return;
        const shipment parcel = carrier{world}.collect(o, o.id + "-collect");
        if (o.status != order_status::shipped)
            notices{world}.send(o, parcel.tracking, o.id + "-notify");
    }
    catch (const everstep::permanent_error&)
    {
        bank{world}.refund(paid, o.id + "-refund");
    }
}
}

spread measure_synchronous(const std::vector<order>& orders, const std::string& file, std::chrono::milliseconds service)
{
    std::vector<const order*> paid;
    for (const order& o : orders)
        if (o.paid_at)
            paid.push_back(&o);

    outside_world world(file, 0, service);
    std::vector<double> times;
    const std::size_t count = std::min(paid.size(), orders_max);
    for (std::size_t i = 0; i < count; ++i)
    {
        const auto begun = std::chrono::steady_clock::now();
        buy(world, *paid[i * paid.size() / count]);
        times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count());
    }
    return spread::of(std::move(times));
}
}
