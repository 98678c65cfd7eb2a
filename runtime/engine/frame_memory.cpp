// Memory of coroutine frames: include/everstep/detail/promise.hpp.

#include "base/sanitizer.hpp"

#include <everstep/detail/promise.hpp>

#include <array>
#include <cstddef>
#include <new>

namespace everstep::inline v0::detail
{
namespace
{
constexpr std::size_t step = 64;
constexpr std::size_t kept_frame_bytes_max = 4096;
constexpr std::size_t kept_bytes_max = 16u << 20; ///< a thread

struct free_frame
{
    free_frame* next;
};

/// Frames that have ended on this thread, by size. No constructor, no destructor: a frame may end after the thread's other things have.
struct kept_frames
{
    std::array<free_frame*, kept_frame_bytes_max / step + 1> of_size;
    std::size_t bytes;
    bool over; ///< the thread ends
};
constinit thread_local kept_frames kept_here{};

struct at_thread_end
{
    ~at_thread_end()
    {
        kept_here.over = true;
        for (free_frame*& first : kept_here.of_size)
            while (first)
            {
                free_frame* const one = first;
                first = one->next;
                ::operator delete(one);
            }
    }
};

constexpr std::size_t size_class(std::size_t bytes) noexcept { return (bytes + step - 1) / step; }
}

void* allocate_frame(std::size_t bytes)
{
    if (base::address_sanitized || bytes > kept_frame_bytes_max)
        return ::operator new(bytes);
    const std::size_t size = size_class(bytes);
    if (free_frame* const one = kept_here.of_size[size])
    {
        kept_here.of_size[size] = one->next;
        kept_here.bytes -= size * step;
        return one;
    }
    return ::operator new(size * step);
}

void release_frame(void* frame, std::size_t bytes) noexcept
{
    const std::size_t size = size_class(bytes);
    if (base::address_sanitized || bytes > kept_frame_bytes_max || kept_here.over || kept_here.bytes + size * step > kept_bytes_max)
        return ::operator delete(frame);
    static thread_local const at_thread_end cleaner;
    static_cast<void>(cleaner);
    kept_here.of_size[size] = ::new (frame) free_frame{kept_here.of_size[size]};
    kept_here.bytes += size * step;
}
}
