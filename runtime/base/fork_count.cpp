#include "base/fork_count.hpp"

#include <atomic>
#include <pthread.h>

namespace everstep::base
{
namespace
{
std::atomic<unsigned> forks;
}

unsigned fork_count()
{
    // A process that has no memory left for the handler has none for anything else that opens an engine.
    static const int registered =
        ::pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
    return registered == 0 ? forks.load(std::memory_order_relaxed) : 0;
}
}
