#include "support/allocations.hpp"

#include <atomic>
#include <cstddef>
#include <stdexcept>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EVERSTEP_OTHER_ALLOCATOR
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define EVERSTEP_OTHER_ALLOCATOR
#endif
#endif

namespace everstep::bench
{
namespace
{
constinit std::atomic<bool> counts{false};
constinit std::atomic<std::uint64_t> counted{0};

[[maybe_unused]] inline void count() noexcept
{
    if (counts.load(std::memory_order_relaxed))
        counted.fetch_add(1, std::memory_order_relaxed);
}
}

allocation_count::allocation_count()
{
#if defined(EVERSTEP_OTHER_ALLOCATOR)
    throw std::runtime_error("this build has an allocator of its own: allocations cannot be counted");
#endif
    counts = true;
}

allocation_count::~allocation_count() { counts = false; }

std::uint64_t allocations_counted() noexcept { return counted.load(std::memory_order_relaxed); }
}

#if !defined(EVERSTEP_OTHER_ALLOCATOR)
// glibc's own, under the names by which it offers them to those who put something before them.
extern "C" void* __libc_malloc(std::size_t bytes);
extern "C" void* __libc_calloc(std::size_t count, std::size_t bytes);
extern "C" void* __libc_realloc(void* old, std::size_t bytes);
extern "C" void* __libc_memalign(std::size_t alignment, std::size_t bytes);

extern "C" void* malloc(std::size_t bytes)
{
    everstep::bench::count();
    return __libc_malloc(bytes);
}

extern "C" void* calloc(std::size_t number, std::size_t bytes)
{
    everstep::bench::count();
    return __libc_calloc(number, bytes);
}

extern "C" void* realloc(void* old, std::size_t bytes)
{
    everstep::bench::count();
    return __libc_realloc(old, bytes);
}

extern "C" void* aligned_alloc(std::size_t alignment, std::size_t bytes)
{
    everstep::bench::count();
    return __libc_memalign(alignment, bytes);
}
#endif
