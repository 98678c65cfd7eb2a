#include "engine/run_driver_parts.hpp"

#include "base/assert.hpp"
#include "engine/thrown.hpp"
#include "replay/token.hpp"

#include <everstep/detail/promise.hpp>
#include <everstep/detail/signal_operation.hpp>
#include <everstep/detail/step_operation.hpp>
#include <everstep/detail/wait_operation.hpp>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <utility>

namespace everstep::core
{
using journal::entry;
using journal::operation_kind;
using journal::park_reason;
using replay::verdict;

/// The history being replayed, which lives no longer than begin().
struct run_driver::replaying
{
    const std::vector<std::string_view>& history;
    std::size_t next{}; ///< index into it; seq is one more
    entry ahead{};      ///< decoded history[next]
    bool ahead_valid{};
    std::map<std::string, std::string, std::less<>> shown; ///< by the code, so far
};

run_driver::run_driver(const journal::run_header& header, const registered_workflow& code, services& given, driver_scratch& scratch,
                       const driver_limits& limits)
    : header_(header), code_(code), services_(given), scratch_(scratch), limits_(limits), machine_(header.started_at),
      root_(*this), context_(*this), random_state_(header.seed.low)
{
}

run_driver::~run_driver()
{
    if (frame_)
        frame_.destroy();
}

driver_state run_driver::begin(std::string_view input, const std::vector<std::string_view>& history, recorder& to, bool is_new)
{
    recorder_ = &to;
    is_new_ = is_new;
    replaying replayed{.history = history, .shown = {}};
    replaying_ = &replayed;
    try
    {
        frame_ = code_.traits.create(code_.traits, code_.function, context_, root_, input);
        root_.innermost = frame_;
        if (begin_own_timers())
            runnable_.push_back(&root_);
    }
    catch (const codec_error& e)
    {
        park(park_reason::divergence, "entry 0 was the start of the run; its input cannot be read as " +
                                          std::string(code_.traits.input_type()) + ": " + e.text());
    }
    catch (...)
    {
        const thrown what = describe_thrown(std::current_exception());
        park(park_reason::limits, "the workflow cannot be entered: " + what.code + ": " + what.text);
    }
    const driver_state state = settle();
    replaying_ = nullptr;
    if (state != driver_state::parked)
        for (const auto& [name, encoded] : replayed.shown)
            recorder_->put_state(name, encoded, true);
    return state;
}

driver_state run_driver::apply(const entry& e, std::uint32_t seq, recorder& to)
{
    recorder_ = &to;
    operations_ = 0;
    take_one(e, seq);
    return settle();
}

/// Runs the code, and the history over it, until neither can go on.
driver_state run_driver::settle()
{
    while (!stopped_)
    {
        drive();
        if (stopped_)
            break;
        if (const verdict more = machine_.next(); more == verdict::deliver)
            handle(more, {});
        else if (code_ended_ && compensations_.empty() && !waits_for_children())
            code_ended();
        else if (!stopped_ && !replay_next())
            return driver_state::waiting;
    }
    return *stopped_;
}

/// Runs every line that can go on until it waits or ends.
void run_driver::drive()
{
    for (std::size_t n = 0; n < runnable_.size() && !stopped_; ++n) // grows meanwhile
        run(*runnable_[n]);
    runnable_.clear();
}

/// Resumes the innermost frame until the line waits for something that is not there, or ends. A frame that ended or entered another
/// has set branch::innermost, so nothing is resumed from inside a resumption and the stack stays flat.
void run_driver::run(line& one)
{
    running_ = &one;
    waiting_ = false;
    if (limits_.watch)
    {
        limits_.watch->begin(header_);
        if (const detail::operation* last = std::exchange(one.goes_on_from, nullptr))
            limits_.watch->asks(last->name());
    }
    while (!waiting_ && !stopped_ && one.innermost)
        one.innermost.resume();
    if (limits_.watch)
        limits_.watch->end();
    running_ = nullptr;
    if (waiting_ || stopped_)
        return;
    if (&one == &root_)
        code_ended_ = true;
    else
        branch_ended(one);
}

/// What it waited for is there.
void run_driver::go_on(line& one)
{
    if (&one == running_)
        waiting_ = false;
    else
        runnable_.push_back(&one);
}

const entry* run_driver::peek()
{
    if (!replaying_ || replaying_->next == replaying_->history.size())
        return nullptr;
    if (!replaying_->ahead_valid)
    {
        replaying_->ahead_valid = journal::decode(replaying_->history[replaying_->next], replaying_->ahead);
        if (!replaying_->ahead_valid)
        {
            park(park_reason::corrupt, "entry " + std::to_string(next_seq()) + " cannot be decoded: restore a backup");
            return nullptr;
        }
    }
    return &replaying_->ahead;
}

/// The entry that peek() gave is done with.
void run_driver::pass() noexcept
{
    replaying_->ahead_valid = false;
    ++replaying_->next;
}

/// In replay it cannot be told what of it was written, so the last of each name is held against what readers see, when all is played.
void run_driver::show(std::string_view name, std::string_view encoded)
{
    if (replaying_ && !is_new_)
        replaying_->shown.insert_or_assign(std::string(name), std::string(encoded));
    else
        recorder_->put_state(name, encoded, false);
}

/// Of the entry that peek() gives, where it gives one.
std::uint32_t run_driver::next_seq() const noexcept { return replaying_ ? static_cast<std::uint32_t>(replaying_->next + 1) : 0; }

bool run_driver::replay_next()
{
    const entry* next = peek();
    if (!next)
        return stopped_.has_value();
    const entry e = *next;
    const std::uint32_t seq = next_seq();
    pass();
    operations_ = 0;
    take_one(e, seq);
    return true;
}

replay::asked run_driver::ask(detail::operation& op) const
{
    replay::asked what{.kind = operation_kind::none, .clock = {}, .name = op.name().text(), .type = op.traits().type(),
                       .file = op.name().file(), .line = op.name().line(), .due = 0, .payload = {}, .text = {}, .code = {}, .renew = nullptr,
                       .operation = &op, .is_new = !replaying_ || is_new_};
    switch (op.traits().what)
    {
    case detail::verb::step: what.kind = operation_kind::step; break;
    case detail::verb::transaction: what.kind = operation_kind::transaction; break;
    case detail::verb::forever: what.kind = operation_kind::forever; break;
    case detail::verb::receive: what.kind = operation_kind::receive; break;
    case detail::verb::publish:
        what.kind = operation_kind::publish;
        what.payload = static_cast<detail::any_publish&>(op).draft().data;
        what.renew = op.traits().renew;
        break;
    case detail::verb::signal:
        what.kind = operation_kind::signal;
        what.payload = static_cast<detail::any_signal&>(op).encoded();
        what.text = static_cast<detail::any_signal&>(op).target();
        what.renew = op.traits().renew;
        break;
    case detail::verb::reply:
        what.kind = operation_kind::reply;
        what.payload = static_cast<detail::any_reply&>(op).encoded();
        break;
    case detail::verb::child:
        what.kind = operation_kind::child;
        what.payload = static_cast<detail::any_child&>(op).encoded();
        what.text = static_cast<detail::any_child&>(op).id();
        what.code = name_of(static_cast<detail::any_child&>(op).on_close());
        what.renew = op.traits().renew;
        break;
    case detail::verb::answer:
        what.kind = operation_kind::answer;
        what.payload = static_cast<detail::any_answer&>(op).encoded();
        what.code = static_cast<detail::any_answer&>(op).id();
        break;
    case detail::verb::timer:
    {
        const auto& timer = static_cast<detail::timer_operation&>(op);
        what.kind = operation_kind::timer;
        what.due = timer.us();
        what.clock = journal::timer_clock::wall;
        if (timer.from() == detail::timer_operation::relative)
        {
            what.clock = journal::timer_clock::engine;
            const base::time_us now = machine_.now();
            const base::time_us wait = std::max<base::time_us>(timer.us(), 0);
            what.due = wait > journal::due_never - 1 - now ? journal::due_never - 1 : now + wait;
        }
        // Due rows are kept by unsigned time, and "now" is 0: nothing is due before 1, nor at the mark of "never".
        what.due = std::clamp<base::time_us>(what.due, 1, journal::due_never - 1);
        break;
    }
    case detail::verb::compensate:
    case detail::verb::successor:
    case detail::verb::group:
    case detail::verb::park: break;
    }
    return what;
}

/// False: parked.
bool run_driver::add_arguments(const arguments& given, replay::asked& what)
{
    what.payload = given.encoded();
    what.renew = given.renew();
    if (given.encoded().size() <= limits_.payload_bytes_max)
        return true;
    park(park_reason::limits, "the arguments of " + replay::describe(what, false) + " have " + std::to_string(given.encoded().size()) +
                                  " bytes, over payload_bytes_max: give what tells two calls apart, not all of it");
    return false;
}

namespace
{
constexpr bool is_recorded_at_start(detail::verb what) noexcept
{
    return what == detail::verb::timer || what == detail::verb::reply || what == detail::verb::publish || what == detail::verb::signal ||
           what == detail::verb::child || what == detail::verb::answer;
}
}

void run_driver::start(detail::branch& of, detail::operation& op)
{
    line& at = static_cast<line&>(of);
    waiting_ = true;
    if (stopped_)
        return;
    if (op.traits().what == detail::verb::park)
        return park(park_reason::limits, std::string(op.name().text()));
    if (limits_.watch)
        limits_.watch->asks(op.name());
    const std::size_t name_bytes = op.name().text().size();
    if (++operations_ > limits_.turn_operations_max)
        return park(park_reason::limits, "the workflow began " + std::to_string(limits_.turn_operations_max) +
                                             " operations without waiting: a loop without end?");
    if (name_bytes == 0 || name_bytes > op_name_bytes_max)
        return park(park_reason::limits, "an operation's name has 1 to 128 bytes; this one has " + std::to_string(name_bytes) +
                                             ": '" + std::string(op.name().text().substr(0, 40)) + "'");
    if (op.traits().what == detail::verb::compensate)
        return begin_compensation(at, static_cast<detail::compensate_operation&>(op).saga(), &op);
    if (op.traits().what == detail::verb::group)
        return open_group(at, static_cast<detail::any_group&>(op));
    if (op.traits().what == detail::verb::successor)
        return go_on_as_new(at, static_cast<detail::any_successor&>(op));
    if (op.traits().what == detail::verb::child)
        name_child(at, static_cast<detail::any_child&>(op));

    if (is_recorded_at_start(op.traits().what))
        pass_unasked(); // before it is asked what time it is
    replay::asked what = ask(op);
    if (what.kind == operation_kind::step)
        if (const arguments* given = static_cast<const detail::any_step&>(op).args(); given && !add_arguments(*given, what))
            return;
    const entry* next = peek();
    if (stopped_)
        return;
    const base::time_us due_recorded = next ? next->due : 0;
    verdict v = machine_.start(at.counter, what, next, next_seq());
    if (machine_.start_took_next())
    {
        if (what.kind == operation_kind::timer && due_recorded != what.due)
            scratch_.notes.push_back("the code's " + replay::describe(what, false) + " has another time than was recorded: the recorded one counts");
        note(*next);
        pass();
    }
    entry made;
    if (v == verdict::record)
    {
        if (!can_record(what))
            return;
        made = machine_.entry();
        std::uint32_t seq = 0;
        if (!recorder_->record(made, seq))
            return park(park_reason::limits, "the history or this turn of it is too long at " + replay::describe(what, false));
        write_beside(op, made.where);
        v = take(made, seq);
    }
    handle(v, made);
}

/// To the core, and to what the driver knows of children.
verdict run_driver::take(const entry& e, std::uint32_t seq)
{
    const verdict v = machine_.apply(e, seq);
    note(e);
    return v;
}

/// One that has come, or the next of the history.
void run_driver::take_one(const entry& e, std::uint32_t seq)
{
    handle(take(e, seq), e);
    if (e.kind == journal::entry_kind::cancel_asked)
        cancel_children(e.text, true);
}

/// Entries that are no operation's may come where the code goes on: the run was parked in the middle of this turn, of which nothing is left,
/// was sent signals meanwhile, and was resumed.
void run_driver::pass_unasked()
{
    for (const entry* next = peek(); next && replay::is_unasked(next->kind); next = peek())
    {
        const entry e = *next;
        const std::uint32_t seq = next_seq();
        pass();
        take(e, seq);
    }
}

void run_driver::handle(verdict v, const entry& e)
{
    switch (v)
    {
    case verdict::deliver: return deliver(e);
    case verdict::wait: return;
    case verdict::diverged: return park(park_reason::divergence, machine_.text());
    case verdict::limits: return park(park_reason::limits, machine_.text());
    case verdict::record: break;
    }
    EVERSTEP_ASSERT(false); // only start() is asked to record, and it has done so
}

void run_driver::deliver(const entry& e)
{
    auto& op = *static_cast<detail::operation*>(machine_.operation());
    if (own_timers_ && take_own_timer(op))
        return;
    if (!compensations_.empty() && undo_ended(op, e))
        return;
    const bool fails = machine_.what() != replay::delivered::value;
    scratch_.path = fails ? machine_.where().text() : std::string();
    detail::await_end& delivered = scratch_.delivery;
    delivered = {.what = detail::await_end::kind::value, .slot = nullptr, .code = e.code, .text = e.text, .path = scratch_.path,
                 .attempts = e.attempts};
    if (op.traits().has_undo() && is_undone(op, e))
        keep_undo(op, e);
    switch (machine_.what())
    {
    case replay::delivered::failed:
        delivered.what = e.code == "timed_out" ? detail::await_end::kind::timed_out : detail::await_end::kind::failed;
        break;
    case replay::delivered::cancelled:
        delivered.what = detail::await_end::kind::cancelled;
        delivered.text = machine_.why_cancelled(line_of(op).counter);
        break;
    case replay::delivered::value:
        if (op.traits().decode)
            try
            {
                delivered.slot = scratch_.storage(op.traits().slot_bytes);
                op.traits().decode(delivered.slot, machine_.payload());
            }
            catch (const std::exception& error)
            {
                const bool is_signal = op.traits().what == detail::verb::receive;
                return park(park_reason::divergence, (is_signal ? "signal '" + std::string(op.name().text()) + "'" : "the result of " + replay::describe(e, false)) +
                                                         " at " + machine_.where().text() + " cannot be read as " +
                                                         std::string(op.traits().type()) + ": " + error.what());
            }
        break;
    }
    op.deliver(delivered);
    line& of = line_of(op);
    if (&of != running_) // else it has asked for it a moment ago
        of.goes_on_from = &op;
    go_on(of);
}

bool run_driver::take_signal(std::string_view name, std::string_view& payload)
{
    if (!machine_.take_signal(name))
        return false;
    payload = machine_.payload();
    return true;
}

/// The body has returned or thrown. What is left to do is its compensation, where it threw.
void run_driver::code_ended()
{
    detail::promise_base& promise = code_.traits.promise_of(frame_);
    run_end& end = scratch_.end;
    end.kind = journal::entry_kind::completed;
    for (std::string* one : {&end.payload, &end.code, &end.text})
        one->clear();
    if (!promise.error())
    {
        try
        {
            code_.traits.encode_result(frame_, end.payload);
        }
        catch (const std::exception& e)
        {
            end = {journal::entry_kind::failed, {}, "bad_value", std::string("the result of the workflow: ") + e.what()};
        }
        if (end.payload.size() > limits_.payload_bytes_max)
            end = {journal::entry_kind::failed, {}, "limit", "the result of the workflow has " + std::to_string(end.payload.size()) +
                                                                  " bytes: over payload_bytes_max"};
        return finish();
    }
    begin_compensation(root_, replay::undo_list::all, nullptr);
}

void run_driver::finish()
{
    if (own_timers_)
        drop_own_timers();
    pass_unasked();
    const entry* left = peek();
    if (stopped_)
        return;
    if (machine_.finish(left, next_seq()) == verdict::diverged)
        return park(park_reason::divergence, machine_.text());
    // Only now: other runs of the shard went on while this one compensated, and the scratch is theirs as well.
    if (const std::exception_ptr& error = code_.traits.promise_of(frame_).error())
    {
        const thrown what = describe_thrown(error);
        scratch_.end = {what.is_cancelled ? journal::entry_kind::cancelled : journal::entry_kind::failed, {}, what.code, what.text};
    }
    stopped_ = driver_state::ended;
}

void run_driver::park(park_reason reason, std::string text)
{
    stopped_ = driver_state::parked;
    reason_ = reason;
    scratch_.text = std::move(text);
}
}
