#include "engine/chance.hpp"

#include <random>

namespace everstep::core
{
base::hash128 fresh_bits()
{
    thread_local std::mt19937_64 generator{[] {
        std::random_device device;
        std::seed_seq seeds{device(), device(), device(), device(), device(), device(), device(), device()};
        return std::mt19937_64(seeds);
    }()};
    return {generator(), generator()};
}
}
