#pragma once

// Awaits nothing itself; the header is found in the target's include folders only.

#include "awaiting.hpp"
