#pragma once

// What the demonstration found: as a table for people, as JSON for programs.

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace shop
{
/// Of milliseconds; none where nothing was measured.
struct spread
{
    std::optional<double> p50, p99, max;
    static spread of(std::vector<double> values);
};

struct figures
{
    std::uint64_t orders_read{}, orders_skipped{}, paid{}, declined{}, delivered{}, compensated{}, open{}, kills{};
    std::uint64_t lost_acknowledged{};    ///< the customer was told, and the journal does not know it, or otherwise
    std::uint64_t double_effects{};       ///< changes outside beyond the first for one order and kind, or for one token
    std::uint64_t repeated_calls{};       ///< calls outside with a token that had come before: absorbed there
    std::uint64_t recorded_steps_rerun{}; ///< calls of a step after what proves that its result was recorded
    spread answer;                        ///< order to receipt, as the customer sees it, where no kill came between
    spread synchronous;                   ///< the same calls one after the other before the answer, without waits
    spread recovery;                      ///< start of the process to the first call or answer, for each start after a kill
    std::uint64_t journal_bytes{};

    std::vector<std::string> broken; ///< promises that did not hold, in words; no part of the table
};

void print_table(std::ostream& out, const figures& f);
std::string to_json(const figures& f);
}
