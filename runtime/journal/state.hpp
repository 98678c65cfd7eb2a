#pragma once

// Named values that a run shows to readers: table `state`, by chain, so that they outlive continuing as new. Bytes: FORMAT.md, "State".
// They are written in the commit of the turn that set them, whole: a reader finds the old value or the new one.

#include "journal/record.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace everstep::journal
{
/// Where the chunks of a value begin, and where they end: all of it that a longer value before may have left lies in between.
record_key state_key(std::uint64_t chain, std::string_view name, std::uint16_t chunk = 0) noexcept;
record_key state_end(std::uint64_t chain, std::string_view name) noexcept;

/// Names that begin so are the engine's own.
inline constexpr std::string_view own_states = "everstep.";
/// Under which the answer to an update is kept.
std::string answer_name(std::string_view update);

/// What fits; options may say less.
inline constexpr std::size_t state_bytes_max = 64u << 20;

/// Hands the records of a value to `put`, in the order of their keys.
void append_state(std::uint64_t chain, std::string_view name, std::string_view value,
                  const std::function<void(record_key, std::string_view)>& put);

/// Takes a value's records from its first on.
class state_reader
{
public:
    state_reader(std::uint64_t chain, std::string_view name) : chain_(chain), name_(name) {}

    /// False: no more is wanted.
    bool take(record_key at, std::string_view value);
    /// Nothing: it was never set. Damaged, where is_damaged().
    std::optional<std::string> value();
    bool is_damaged() const noexcept { return damaged_; }

private:
    bool refuse() noexcept;

    std::uint64_t chain_;
    std::string name_;
    std::string bytes_;
    std::uint64_t wanted_{};
    std::uint16_t next_{};
    bool damaged_{};
};
}
