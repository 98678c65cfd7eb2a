#pragma once

#include "../coroutine.hpp"

inline task braced()
{
    co_await charge(receipt{"a", 1});
    co_return first_receipt();
}
