// When a run may begin, until when it may go on, how it goes on as another one, and whether a value may stand for a result.

#include "engine/run_driver_parts.hpp"

#include <everstep/detail/successor_operation.hpp>

#include <exception>
#include <string>
#include <utility>

namespace everstep::core
{
using journal::entry;
using journal::entry_kind;
using journal::park_reason;

/// Those that the history has. False: the code may not begin yet.
bool run_driver::begin_own_timers()
{
    bool may_begin = true;
    for (const entry* next = peek(); next && journal::is_own_timer(*next) && !stopped_; next = peek())
    {
        if (!own_timers_)
            own_timers_ = std::make_unique<own_timers>();
        const bool is_start = next->where.numbers().front() == journal::start_timer_path;
        if (is_start)
            may_begin = false;
        else
            own_timers_->deadline_due = next->due;
        detail::timer_operation& op = is_start ? own_timers_->start : own_timers_->deadline;
        replay::asked what = ask(op);
        what.due = next->due;
        what.file = {};
        what.line = 0;
        handle(machine_.start(is_start ? own_timers_->start_at : own_timers_->deadline_at, what, next, next_seq()), {});
        pass();
    }
    return may_begin && !stopped_;
}

/// True: it was one of the two.
bool run_driver::take_own_timer(const detail::operation& op)
{
    if (&op == &own_timers_->start)
        runnable_.push_back(&root_); // also where it was cancelled: its first wait says so
    else if (&op == &own_timers_->deadline)
    {
        own_timers_->deadline_due = 0;
        machine_.cancel("its deadline has passed");
        cancel_children("its parent's deadline has passed", true);
    }
    else
        return false;
    return true;
}

/// The run ends: nothing waits for them any more.
void run_driver::drop_own_timers() noexcept
{
    machine_.drop(static_cast<const detail::operation*>(&own_timers_->start));
    machine_.drop(static_cast<const detail::operation*>(&own_timers_->deadline));
}

base::time_us run_driver::deadline() const noexcept { return own_timers_ ? own_timers_->deadline_due : 0; }

/// The frame ends where it stands. What the code would still have to see to is refused before.
void run_driver::go_on_as_new(line& at, detail::any_successor& op)
{
    detail::await_end& end = scratch_.delivery;
    end = {.what = detail::await_end::kind::failed, .slot = nullptr, .code = "wrong_use", .text = {}, .path = {}, .attempts = 0};
    if (machine_.is_cancelled(at.counter))
    {
        end.what = detail::await_end::kind::cancelled;
        end.text = machine_.why_cancelled(at.counter);
    }
    else if (&at != &root_ || !groups_.empty())
        end.text = "a run continues as new outside of branches: end them first";
    else if (!undos_.empty())
        end.text = "undos are registered that the next run does not know: compensate() or release() the sagas first";
    else if (op.traits().type() != code_.traits.input_type())
        end.text = "the input is not of the workflow's input type";
    else if (op.encoded().size() > limits_.payload_bytes_max)
        end.text = "the input is over payload_bytes_max: keep it outside and pass a reference";
    if (!end.text.empty())
    {
        op.deliver(end);
        return go_on(at);
    }
    scratch_.end = {entry_kind::continued, std::string(op.encoded()), {}, {}};
    finish();
}

std::string run_driver::why_not_resolved(const replay::pending& p, std::string_view encoded)
{
    const detail::operation_traits& traits = operation_of(p).traits();
    if (p.what.kind == journal::operation_kind::undo || !traits.decode)
        return {};
    try
    {
        void* const slot = scratch_.storage(traits.slot_bytes);
        traits.decode(slot, encoded);
        traits.destroy(slot);
        return {};
    }
    catch (const std::exception& e)
    {
        return e.what();
    }
}
}
