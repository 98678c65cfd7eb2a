#pragma once

// One run of the workload as the records that the engine would write for it, turn by turn, made with the journal's own encode
// functions: the very bytes, but for times and random numbers.

#include "floor/script.hpp"
#include "journal/header.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace everstep::bench
{
/// What a run of the workload looks like in the journal.
struct run_shape
{
    std::string workflow;
    std::string_view file;       ///< of the steps
    std::string_view step_type;  ///< names of the result types
    std::string_view run_type;
    std::span<const std::string_view> steps; ///< their names
    std::string input;           ///< as encoded
    std::string result;          ///< of each step, and of the run
    bool ends{true};             ///< false: waits for ever after its last step, or as below
    base::time_us sleeps{};      ///< of one that does not end: sleeps for this long after its last step

    /// Turns of a run: one commit each at 1 in flight. A run without steps ends in its first turn.
    std::uint32_t turns() const noexcept { return static_cast<std::uint32_t>(steps.size()) + 1; }
    /// Entries of a whole run.
    std::uint32_t entries() const noexcept { return turns() + (ends || sleeps != 0 ? 1 : 0); }
};

class run_writer
{
public:
    run_writer(const run_shape& shape, std::uint64_t number);

    /// Writes the next turn; returns how many entries that are.
    std::uint32_t write_turn(script& to);
    bool ended() const noexcept { return next_turn_ == shape_->turns(); }

    /// Instead of its turns: everything that they leave in the journal, without what is written and replaced on the way.
    void write_whole(script& to);

private:
    void append(const journal::entry& e, script& to);
    void begin(script& to);
    void write_step(std::uint32_t index, script& to);
    void write_timer(script& to);
    void write_header(script& to);
    void write_wake(base::time_us due, script& to);
    void end(script& to);

    const run_shape* shape_;
    base::run_number number_;
    journal::tail end_;
    journal::run_header header_;
    std::uint64_t hash_;
    std::uint32_t next_turn_{};
};

/// 32 characters that look random and differ for different numbers.
std::string random_run_id(std::uint64_t number);
}
