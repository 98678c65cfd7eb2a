#include "support/remote_service.hpp"

#include "support/payment.hpp"

#include <thread>

namespace everstep::bench
{
bool remote_service::call(const order& placed)
{
    if (down_)
    {
        std::this_thread::sleep_for(timeout);
        ++failures_;
        return false;
    }
    std::this_thread::sleep_for(call_time);
    if (!had_.at(placed.slot - first_slot).exchange(true))
        ++orders_;
    return true;
}
}
