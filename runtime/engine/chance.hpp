#pragma once

#include "base/checksum.hpp"

namespace everstep::core
{
/// 128 bits of chance, from the system's: they differ between runs, events, engines and machines. Not for secrets. Any thread.
base::hash128 fresh_bits();
}
