#pragma once

// After the last kill: opens the journal in a process of its own, and compares it with the order file, with what the customers were
// told, and with the books of the outside world.

#include "checkout.hpp"
#include "demo_options.hpp"
#include "figures.hpp"
#include "front_desk.hpp"
#include "outcome.hpp"

#include <vector>

namespace shop
{
/// Fills counts, broken and journal_bytes.
void audit_journal(const demo_options& options, const std::vector<order>& orders, const front_desk& desk, figures& found);

/// A process of the shop that was started after a kill.
struct restart
{
    std::uint32_t epoch{};
    front_desk::ticks started_at{};
    front_desk::ticks opened_at{}; ///< 0: killed before
};

/// Fills the figures of the books, answer and recovery. `first_epoch` is that of this demonstration's first process.
void audit_books(const demo_options& options, const std::vector<order>& orders, const front_desk& desk,
                 const std::vector<restart>& restarts, std::uint32_t first_epoch, figures& found);
}
