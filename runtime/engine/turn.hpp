#pragma once

// A turn: all that one run writes from one wake to its next wait, gathered in the shard's outgoing batch. It is submitted as a whole
// or taken back as a whole; a commit holds whole turns only.

#include "engine/run_driver.hpp"
#include "journal/header.hpp"
#include "store/store.hpp"

#include <everstep/engine_options.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace everstep::core
{
struct resident_run;

class turn final : public recorder
{
public:
    explicit turn(const engine_options& limits) : limits_(limits) {}

    /// Into `out` goes what comes until the next begin().
    void begin(resident_run& of, store::batch& out);
    /// Into the same batch.
    void begin(resident_run& of) { begin(of, *out_); }
    /// Forgets what begin() came before: nothing of the turn is written.
    void take_back();
    /// Whether something was written since begin().
    bool wrote() const noexcept { return out_->here().writes != from_.writes; }

    bool record(const journal::entry& e, std::uint32_t& seq) override;
    /// One that must be written whatever the limits: a run can always be ended by hand, and what continues it begins whole.
    std::uint32_t record_always(const journal::entry& e);
    /// Whether the history can take one more entry.
    bool has_room() const noexcept;
    /// The entries that a reader waits for: called with each `replied` as it is recorded.
    std::function<void(resident_run&, const journal::entry&)> on_reply;

    /// Likewise, with each `answered`.
    std::function<void(resident_run&, const journal::entry&)> on_answer;

    void publish(const journal::event& e) override;
    void put_state(std::string_view name, std::string_view value, bool may_be_there) override;
    /// Whether readers see this value of the run already.
    std::function<bool(const resident_run&, std::string_view name, std::string_view value)> is_shown;

    void put_header();
    void put_id();
    /// Of the run that this one takes the id from.
    void erase_id(base::run_number before);
    /// The run's one wake row is at `due` from now on.
    void move_wake(base::time_us due);
    void erase_wake();
    void put_finished();

    std::uint32_t entries() const noexcept { return entries_; }

private:
    store::batch* out_{};
    const engine_options& limits_;
    resident_run* run_{};
    store::batch::mark from_;
    journal::tail end_;           ///< of the run, at begin()
    base::time_us wake_due_{};    ///< likewise
    std::size_t history_bytes_{}; ///< likewise
    std::uint32_t entries_{};
    std::string event_;  ///< as encoded last; keeps its memory
    std::string header_; ///< as encoded last; keeps its memory
};
}
