#include "outcome.hpp"

namespace shop
{
outcome expected_outcome(const order& o) noexcept
{
    if (!o.paid_at)
        return outcome::declined;
    if (o.status == order_status::canceled || o.status == order_status::unavailable)
        return outcome::compensated;
    return o.status == order_status::delivered ? outcome::delivered : outcome::open;
}
}
