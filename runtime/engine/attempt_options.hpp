#pragma once

// The options by which an attempted operation is run: what it was given, or what holds for its kind.

#include "engine/run_driver.hpp"

#include <everstep/detail/step_operation.hpp>

namespace everstep::core
{
inline constexpr step_options default_options{};
/// Retries of a compensation do not end by themselves: what was done must be undone.
inline constexpr step_options default_undo_options{.retry = {.attempts = 0}};
/// What a transaction's body throws is its answer: nothing outside could be better a moment later.
inline constexpr step_options transaction_options{.retry = {.attempts = 1}};

/// As long as it is pending.
inline const step_options& options_of(const replay::pending& p) noexcept
{
    if (p.what.kind == journal::operation_kind::undo)
    {
        const auto& given = run_driver::undo_of(p).options;
        return given ? *given : default_undo_options;
    }
    const auto* given = static_cast<const detail::any_step&>(run_driver::operation_of(p)).options();
    return given ? *given : p.what.kind == journal::operation_kind::transaction ? transaction_options : default_options;
}

inline bool has_time_out(const step_options& options) noexcept
{
    return options.timeout.count() > 0 || options.total_timeout.count() > 0 || options.heartbeat_timeout.count() > 0;
}
}
