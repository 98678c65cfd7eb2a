// Undos of a run: kept with each result that has one, and run newest first.

#include "engine/run_driver_parts.hpp"

#include <everstep/detail/step_operation.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace everstep::core
{
using journal::entry;
using journal::entry_kind;
using journal::operation_kind;

/// By the entry alone, live as in replay. One that is unsure is undone where an attempt may have begun: a failure follows an attempt, and so does
/// a cancel between two of them. A step that is dropped without one has never begun, in no process.
bool run_driver::is_undone(const detail::operation& op, const entry& e) noexcept
{
    if (e.kind == entry_kind::step_done || (e.kind == entry_kind::resolved && e.code.empty()))
        return true;
    return op.traits().is_unsure && (e.kind == entry_kind::step_failed || e.kind == entry_kind::resolved || (e.kind == entry_kind::step_dropped && e.attempts != 0));
}

void run_driver::keep_undo(detail::operation& op, const entry& e)
{
    const auto& step = static_cast<detail::any_step&>(op);
    undos_.add({.saga = step.saga(), .traits = &op.traits(), .name = std::string(op.name().text()), .file = op.name().file(),
                .line = op.name().line(), .result = std::string(e.payload), .where = e.where, .at_once = step.undos_at_once(),
                .options = step.undo_options() ? std::make_unique<const step_options>(*step.undo_options()) : nullptr});
}

const replay::undo& run_driver::undo_of(const replay::pending& p) noexcept
{
    return static_cast<undo_operation&>(operation_of(p)).what();
}

std::string_view run_driver::undo_input(const replay::pending& p) noexcept
{
    return p.what.kind == operation_kind::undo ? std::string_view(undo_of(p).result) : "";
}

void run_driver::begin_compensation(line& at, std::uint32_t saga, detail::operation* awaiting)
{
    machine_.begin_compensation(at.counter);
    compensations_.push_back({saga, &at, awaiting, {}});
    compensate_next(compensations_.size() - 1);
}

/// Begins as many as may run now. One of another saga waits for all of this one's that are about.
void run_driver::compensate_next(std::size_t index)
{
    static constexpr detail::await_end done{};
    compensation& of = compensations_[index];
    for (const replay::undo* next = undos_.newest(of.saga); next && !stopped_; next = undos_.newest(of.saga))
    {
        if (!of.undos.empty() && (of.undos.size() >= next->at_once || of.undos.front()->what().saga != next->saga))
            return;
        begin_undo(of);
    }
    if (!of.undos.empty() || stopped_)
        return;
    const compensation ended = std::move(of);
    compensations_.erase(compensations_.begin() + static_cast<std::ptrdiff_t>(index));
    if (!ended.awaiting)
        return finish();
    ended.awaiting->deliver(done);
    go_on(*ended.at);
}

void run_driver::begin_undo(compensation& of)
{
    of.undos.push_back(std::make_unique<undo_operation>(std::move(*undos_.take_newest(of.saga))));
    undo_operation& undo = *of.undos.back();
    undo.join(*of.at);
    replay::asked what = ask(undo);
    what.kind = operation_kind::undo;
    what.file = undo.what().file;
    what.line = undo.what().line;
    handle(machine_.start(of.at->counter, what, nullptr, 0), {});
}

/// False: it is no undo.
bool run_driver::undo_ended(const detail::operation& op, const entry& e)
{
    for (std::size_t n = 0; n < compensations_.size(); ++n)
    {
        auto& undos = compensations_[n].undos;
        const auto at = std::ranges::find_if(undos, [&](const auto& one) { return one.get() == &op; });
        if (at == undos.end())
            continue;
        if (machine_.what() == replay::delivered::failed)
            park(journal::park_reason::compensation_failed, std::string(e.code) + ": " + std::string(e.text));
        else
        {
            undos.erase(at);
            compensate_next(n);
        }
        return true;
    }
    return false;
}
}
