#pragma once

// One saga says what comes after what, and undoes what was done, newest first, when it cannot go on.

#include "books.hpp"

#include <everstep/context.hpp>

namespace two_sagas
{
everstep::workflow<void> sell(everstep::context& ctx, order o);
}
