// Children of a run: how they are started and told to end, and that their parent waits for them.

#include "engine/intent.hpp"
#include "engine/promise_token.hpp"
#include "engine/run_driver_parts.hpp"
#include "replay/token.hpp"

#include <everstep/detail/child_operation.hpp>
#include <everstep/detail/promise.hpp>

#include <algorithm>
#include <utility>

namespace everstep::core
{
using journal::entry;
using journal::entry_kind;
using journal::park_reason;

/// Of replay and of what is recorded live: the same entries in the same order.
void run_driver::note(const entry& e)
{
    if (!concerns_children(e.kind) || (!children_ && e.kind == entry_kind::signalled))
        return;
    if (!children_)
        children_ = std::make_unique<child_list>();
    children_->take(e, header_.seed);
}

/// The path that it is about to get tells which promise of this run its end is.
void run_driver::name_child(line& at, detail::any_child& op)
{
    journal::path where = at.counter.prefix;
    if (where.push(at.counter.next)) // else it is refused for its depth
        op.set_signal(names_of_promise(child_promise(where, header_.seed)).second);
}

void run_driver::start_child(const detail::any_child& op, const journal::path& where)
{
    want({intent_kind::start, std::string(op.name().text()), std::string(op.id()), std::string(op.encoded()), {}, {},
          names_of_promise(child_promise(where, header_.seed)).first},
         replay::token_of(header_.seed, where));
}

/// Nothing of the history is left: what happens now has not happened before.
bool run_driver::is_live() { return !replaying_ || !peek(); }

/// Tells those that are not left alone. The entry keeps replay from telling them again.
void run_driver::cancel_children(std::string_view reason, bool waited_for_too)
{
    const auto is_told = [&](const open_child& one) { return is_to_cancel(one, waited_for_too); };
    if (stopped_ || !children_ || std::ranges::none_of(children_->open(), is_told))
        return;
    // What stands in front of it has no effect on the code; where it is there, they are told.
    for (const entry* next = peek(); next && replay::is_unasked(next->kind) && next->kind != entry_kind::signalled; next = peek())
    {
        const entry passed = *next;
        const std::uint32_t at = next_seq();
        pass();
        take(passed, at);
    }
    if (std::ranges::none_of(children_->open(), is_told))
        return;
    if (!is_live() || stopped_)
        return;
    entry e;
    e.kind = entry_kind::children_cancelled;
    e.at = machine_.now();
    e.code = waited_for_too ? name_of(close_policy::wait) : name_of(close_policy::cancel);
    e.text = reason;
    std::uint32_t seq = 0;
    if (!recorder_->record(e, seq))
        return park(park_reason::limits, "the history or this turn of it is too long to cancel its children");
    for (const open_child& one : children_->open())
        if (is_told(one))
            want({intent_kind::cancel, one.workflow, one.id, std::string(reason), std::string(detail::cancel_signal), {}, one.signal},
                 replay::hex_of(base::hash128_of(one.signal, seq)));
    take(e, seq);
}

/// The code has ended. Those that it left open are its own until they have ended, too.
bool run_driver::waits_for_children()
{
    if (!children_ || children_->open().empty())
        return false;
    const bool has_failed = code_.traits.promise_of(frame_).error() != nullptr;
    cancel_children("its parent has ended", has_failed);
    return stopped_ || children_->has_waited_for();
}
}
