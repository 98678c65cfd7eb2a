#pragma once

#include "checkout.hpp"

namespace shop
{
/// What is to become of an order, as its row says.
enum class outcome
{
    declined,    ///< the bank said no: nothing to undo
    compensated, ///< paid, and everything undone
    open,        ///< paid, and waits without end once it has gone as far as it can
    delivered
};

outcome expected_outcome(const order& o) noexcept;
}
