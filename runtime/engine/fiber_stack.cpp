#include "engine/fiber_stack.hpp"

#include <everstep/error.hpp>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

namespace everstep::core
{
namespace
{
std::size_t page_bytes() noexcept
{
    static const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return bytes;
}

void unmap(const fiber_stack& stack) noexcept { ::munmap(stack.lowest - page_bytes(), stack.bytes + page_bytes()); }

/// Fibers may end after the thread's other things have: from then on nothing is kept.
constinit thread_local bool is_over = false;

struct spare_stacks
{
    std::vector<fiber_stack> kept;
    std::size_t bytes{};
    ~spare_stacks()
    {
        is_over = true;
        for (const fiber_stack& one : kept)
            unmap(one);
    }
};
spare_stacks& spare()
{
    static thread_local spare_stacks of_thread;
    return of_thread;
}

[[noreturn]] void refuse(std::size_t bytes)
{
    throw engine_error(errc::limit, "no stack of " + std::to_string(bytes) + " bytes for a fiber workflow (" + std::strerror(errno) +
                                        "): lower engine_options::resident_runs_max, or raise vm.max_map_count");
}
}

fiber_stack take_fiber_stack(std::size_t bytes)
{
    const std::size_t page = page_bytes();
    const std::size_t rounded = (bytes + page - 1) / page * page;
    if (!is_over)
        for (spare_stacks& at = spare(); fiber_stack& one : at.kept)
            if (one.bytes == rounded)
            {
                const fiber_stack found = one;
                one = at.kept.back();
                at.kept.pop_back();
                at.bytes -= rounded;
                return found;
            }
    // Without any rights first: where the second call is refused there is no stack, and never one without a guard.
    void* const whole = ::mmap(nullptr, rounded + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (whole == MAP_FAILED)
        refuse(rounded);
    const fiber_stack made{static_cast<std::byte*>(whole) + page, rounded, nullptr};
    if (::mprotect(made.lowest, made.bytes, PROT_READ | PROT_WRITE) != 0)
    {
        const int why = errno;
        unmap(made);
        errno = why;
        refuse(rounded);
    }
    return made;
}

void give_fiber_stack(const fiber_stack& stack) noexcept
{
    if (is_over || stack.bytes > spare_stack_bytes_max - spare().bytes)
        return unmap(stack);
    try
    {
        spare().kept.push_back(stack);
        spare().bytes += stack.bytes;
    }
    catch (const std::bad_alloc&)
    {
        unmap(stack);
    }
}

std::size_t spare_stack_bytes() noexcept { return is_over ? 0 : spare().bytes; }
}
