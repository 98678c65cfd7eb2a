// Undos of a run: kept with each result that has one, and run newest first.

#include "engine/run_driver_parts.hpp"

#include <everstep/detail/step_operation.hpp>

#include <optional>
#include <utility>

namespace everstep::core
{
using journal::entry;
using journal::operation_kind;

void run_driver::keep_undo(detail::operation& op, const entry& e)
{
    undos_.add({.saga = static_cast<detail::any_step&>(op).saga(), .traits = &op.traits(), .name = std::string(op.name().text()),
                .file = op.name().file(), .line = op.name().line(), .result = std::string(e.payload)});
}

std::string_view run_driver::undo_input(const replay::pending& p) noexcept
{
    return p.what.kind == operation_kind::undo ? std::string_view(static_cast<undo_operation&>(operation_of(p)).what().result) : "";
}

void run_driver::begin_compensation(line& at, std::uint32_t saga, detail::operation* awaiting)
{
    machine_.begin_compensation(at.counter);
    compensations_.push_back({saga, &at, awaiting, nullptr});
    compensate_next(compensations_.size() - 1);
}

void run_driver::compensate_next(std::size_t index)
{
    static constexpr detail::await_end done{};
    compensation& of = compensations_[index];
    std::optional<replay::undo> next = undos_.take_newest(of.saga);
    if (!next)
    {
        const compensation ended = std::move(of);
        compensations_.erase(compensations_.begin() + static_cast<std::ptrdiff_t>(index));
        if (!ended.awaiting)
            return finish();
        ended.awaiting->deliver(done);
        return go_on(*ended.at);
    }
    of.undo = std::make_unique<undo_operation>(std::move(*next));
    of.undo->join(*of.at);
    replay::asked what = ask(*of.undo);
    what.kind = operation_kind::undo;
    what.file = of.undo->what().file;
    what.line = of.undo->what().line;
    handle(machine_.start(of.at->counter, what, nullptr, 0), {});
}
}
