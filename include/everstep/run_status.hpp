#pragma once

// Where a run stands, as the journal has it.

#include <cstdint>
#include <string>
#include <string_view>

namespace everstep::inline v0
{
enum class run_state : std::uint8_t
{
    running = 1, ///< not ended: working, or waiting for time, a retry, a cancel, or its code
    completed = 2,
    failed = 3,
    cancelled = 4,
    parked = 5,  ///< stopped and kept whole until resume(); see reason and text
    terminated = 6,
    continued = 7 ///< as new: the id stands for the next run, which has another number
};

struct run_status
{
    run_state state{run_state::running};
    /// Parked: "divergence", "crash_loop", "retries_exhausted", "compensation_failed", "corrupt", "limits", "paused"; failed: the error's code.
    std::string reason;
    std::string text; ///< parked, failed, terminated: the sentence for people
};

/// "running", "completed", …
std::string_view name_of(run_state state) noexcept;
}
