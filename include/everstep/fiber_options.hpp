#pragma once

// What engine::add takes for a fiber workflow (everstep/fiber_workflow.hpp).
//
//     shop.add("checkout", checkout, {.stack_bytes = 1u << 20});

#include <everstep/error.hpp>

#include <cstddef>
#include <string>

namespace everstep::inline v0
{
struct fiber_options
{
    /// Of the workflow's fiber and of each of its branches': 16 KiB to 64 MiB. Memory is taken for what is touched of it.
    std::size_t stack_bytes{256u << 10};
};

namespace detail
{
inline constexpr std::size_t fiber_stack_bytes_min = 16u << 10;
inline constexpr std::size_t fiber_stack_bytes_max = 64u << 20;

/// Throws engine_error (wrong_use).
inline const fiber_options& checked(const fiber_options& options)
{
    if (options.stack_bytes < fiber_stack_bytes_min || options.stack_bytes > fiber_stack_bytes_max)
        throw engine_error(errc::wrong_use, "fiber_options::stack_bytes is " + std::to_string(options.stack_bytes) +
                                                ": a stack has 16 KiB to 64 MiB");
    return options;
}
}
}
