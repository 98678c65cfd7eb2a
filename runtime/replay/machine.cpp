#include "replay/machine.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"

#include <algorithm>

namespace everstep::replay
{
using journal::entry_kind;
using journal::operation_kind;

namespace
{
std::string description(std::string_view kind, std::string_view name, std::string_view type, std::string_view file,
                        std::uint32_t line, bool with_type)
{
    std::string text(kind);
    if (!name.empty() && name != kind)
        text.append(" '").append(name).append("'");
    if (with_type && !type.empty())
        text.append(" with result ").append(type);
    if (!file.empty())
        text.append(" (").append(file).append(":").append(std::to_string(line)).append(")");
    return text;
}

/// Of the operations whose entry is made when they start.
constexpr entry_kind kind_at_start(operation_kind what) noexcept
{
    switch (what)
    {
    case operation_kind::reply: return entry_kind::replied;
    case operation_kind::publish: return entry_kind::published;
    case operation_kind::signal: return entry_kind::sent;
    case operation_kind::child: return entry_kind::child_started;
    case operation_kind::answer: return entry_kind::answered;
    default: return entry_kind::timer_set;
    }
}
}

std::string describe(const asked& what, bool with_type)
{
    return description(name_of(what.kind), what.name, what.type, what.file, what.line, with_type);
}

std::string describe(const journal::entry& e, bool with_type)
{
    // Entries that belong to no operation are called by their own name; firings carry no place in the source.
    std::string_view kind = e.operation == operation_kind::none ? name_of(e.kind) : name_of(e.operation);
    return description(kind, e.name, e.type, e.file, e.line, with_type);
}

bool machine::fits(const journal::entry& e, const pending& p) noexcept
{
    // An entry carries what its kind has (entry.cpp); what it has is compared.
    return (e.operation == operation_kind::none || e.operation == p.what.kind) && (e.name.empty() || e.name == p.what.name) &&
           (e.type.empty() || e.type == p.what.type);
}

/// What the code gave to the operation, after decoding and encoding with today's type: an added field is no divergence.
bool machine::has_same_payload(const journal::entry& e, const asked& what) noexcept
{
    if (!what.renew)
        return true;
    const bool is_step = is_attempted(what.kind);
    const std::string_view recorded = is_step ? e.args : e.payload;
    if (is_step && recorded.empty())
        return true; // it had none then
    if (!is_step && (e.text != what.text || e.code != what.code))
        return false;
    try
    {
        return recorded == what.payload || what.renew(recorded) == what.renew(what.payload);
    }
    catch (...)
    {
        return false; // it was of another type then
    }
}

journal::entry entry_about(const pending& p, entry_kind kind, base::time_us at) noexcept
{
    return {.kind = kind, .operation = p.what.kind, .clock = {}, .where = p.where, .at = at, .due = 0, .attempts = 0,
            .line = p.what.line, .file = p.what.file, .name = p.what.name, .type = p.what.type, .code = {}, .text = {}, .payload = {},
            .args = kind == entry_kind::step_retry ? std::string_view() : p.what.payload};
}

const pending& machine::waiting_at(const journal::path& where) const
{
    const std::size_t index = find(where);
    EVERSTEP_ASSERT(index < pending_.size());
    return pending_[index];
}

std::size_t machine::find(const journal::path& where) const noexcept
{
    std::size_t index = 0;
    while (index < pending_.size() && !(pending_[index].where == where))
        ++index;
    return index;
}

verdict machine::start(branch_counter& branch, const asked& what, const journal::entry* next, std::uint32_t seq)
{
    took_next_ = false;
    pending p{.what = what, .where = branch.prefix, .of = &branch, .attempts = 0, .due = what.due, .started_at = now_, .recorded = false};
    if (!p.where.push(branch.next++))
    {
        text_ = "branches are nested too deeply at " + describe(what, false) + ": at most " +
                std::to_string(journal::path::depth_max / 2) + " levels";
        return verdict::limits;
    }
    const bool cancelled = is_cancelled(p);
    // Only the first reply of a run counts, and the first answer to an update; a later one is no entry, live and replayed alike.
    if (cancelled || (what.kind == operation_kind::reply && replied()) || (what.kind == operation_kind::answer && has_answered(what.code)))
    {
        pending_.push_back(p);
        return deliver(pending_.size() - 1, cancelled ? delivered::cancelled : delivered::value);
    }
    if (!is_recorded_at_start(what.kind))
    {
        pending_.push_back(p);
        return what.kind == operation_kind::receive && take_signal(what.name) ? deliver(pending_.size() - 1, delivered::value) : verdict::wait;
    }
    if (next)
    {
        if (next->kind != kind_at_start(what.kind) || !(next->where == p.where) || !fits(*next, p))
            return diverge(*next, seq, &p);
        if (!has_same_payload(*next, what))
            return diverge_in_payload(*next, seq, p);
        pending_.push_back(p);
        took_next_ = true;
        return apply(*next, seq);
    }
    pending_.push_back(p);
    return verdict::record;
}

journal::entry machine::entry() const noexcept
{
    const pending& p = pending_.back();
    return {.kind = kind_at_start(p.what.kind), .operation = p.what.kind, .clock = p.what.clock, .where = p.where, .at = now_,
            .due = p.what.due, .attempts = 0, .line = p.what.line, .file = p.what.file, .name = p.what.name, .type = p.what.type,
            .code = p.what.code, .text = p.what.text, .payload = p.what.payload};
}

verdict machine::apply(const journal::entry& e, std::uint32_t seq)
{
    ++entries_;
    switch (e.kind)
    {
    case entry_kind::cancel_asked:
        now_ = e.at;
        cancel(e.text);
        return verdict::wait;
    case entry_kind::signalled:
        now_ = e.at;
        apply_signal(e);
        return verdict::wait;
    case entry_kind::resumed:
    case entry_kind::forked: // attempts and time of the other run are not its own
        now_ = e.at;
        for (pending& p : pending_)
            if (is_attempted(p.what.kind))
                p.attempts = 0, p.due = 0, p.started_at = now_;
        return verdict::wait;
    case entry_kind::children_cancelled:
    case entry_kind::child_adopted:
    case entry_kind::paused:
        now_ = e.at;
        return verdict::wait;
    case entry_kind::ids_adopted:
        now_ = e.at;
        adopt_ids(e.payload);
        return verdict::wait;
    case entry_kind::step_done:
    case entry_kind::step_failed:
    case entry_kind::step_retry:
    case entry_kind::step_dropped:
    case entry_kind::timer_set:
    case entry_kind::timer_fired:
    case entry_kind::replied:
    case entry_kind::published:
    case entry_kind::sent:
    case entry_kind::child_started:
    case entry_kind::answered:
    case entry_kind::resolved:
    {
        const std::size_t index = find(e.where);
        if (index == pending_.size() || !fits(e, pending_[index]))
            return diverge(e, seq, nullptr);
        if (is_attempted(pending_[index].what.kind) && !has_same_payload(e, pending_[index].what))
            return diverge_in_payload(e, seq, pending_[index]);
        now_ = e.at;
        return apply_to(index, e, seq);
    }
    case entry_kind::completed:
    case entry_kind::failed:
    case entry_kind::cancelled:
    case entry_kind::continued:
    case entry_kind::terminated:
        if (pending_.empty())
            return verdict::wait;
        break;
    case entry_kind::started:
    case entry_kind::started_as_child: break;
    }
    return diverge(e, seq, nullptr);
}

void machine::cancel(std::string_view reason)
{
    cancel_reason_ = reason;
    ++cancels_;
    // A compensation goes on, and so does what comes after it.
    for (const pending& p : pending_)
        if (p.what.kind == operation_kind::undo)
            p.of->forgiven = cancels_;
}

void machine::apply_signal(const journal::entry& e)
{
    signals& kept = kept_signals();
    kept.unread.push_back({std::string(e.name), std::string(e.payload), std::string(e.type), std::string(e.code), e.at});
    keep_id(e.code);
}

void machine::keep_id(std::string_view id)
{
    if (id.empty())
        return;
    if (const auto [at, is_new] = kept_signals().ids.emplace(id); is_new)
        signals_->in_order.push_back(&*at);
}

/// Each behind its length; what is cut off is no id.
void machine::adopt_ids(std::string_view bytes)
{
    base::byte_reader from(bytes);
    for (std::string_view id; !from.empty() && from.text(id);)
        keep_id(id);
}

machine::signals& machine::kept_signals()
{
    if (!signals_)
        signals_ = std::make_unique<signals>();
    return *signals_;
}

void machine::drop(const void* operation) noexcept
{
    const auto at = std::ranges::find_if(pending_, [operation](const pending& p) { return p.what.operation == operation; });
    if (at != pending_.end())
        pending_.erase(at);
}

bool machine::take_signal(std::string_view name)
{
    if (!signals_)
        return false;
    const auto at = std::ranges::find(signals_->unread, name, &signal::name);
    if (at == signals_->unread.end())
        return false;
    signals_->taken = std::move(at->payload);
    signals_->unread.erase(at);
    payload_ = signals_->taken;
    return true;
}

void machine::keep_progress(const journal::path& where, std::string_view progress)
{
    if (!progress_)
        progress_ = std::make_unique<progress_list>();
    const auto at = std::ranges::find(*progress_, where, &progress_list::value_type::first);
    if (at == progress_->end())
        progress_->emplace_back(where, progress);
    else
        at->second = progress;
}

std::string_view machine::progress_of(const journal::path& where) const noexcept
{
    if (!progress_)
        return {};
    const auto at = std::ranges::find(*progress_, where, &progress_list::value_type::first);
    return at == progress_->end() ? std::string_view() : at->second;
}

verdict machine::next()
{
    if (!has_cancels() && unread() == 0)
        return verdict::wait;
    // In the order in which they were started, so that of two receives of one name the first gets the first.
    for (std::size_t index = 0; index < pending_.size(); ++index)
    {
        const pending& p = pending_[index];
        if (is_let_go(p.what.kind) && is_cancelled(p))
            return deliver(index, delivered::cancelled);
        if (p.what.kind == operation_kind::receive && take_signal(p.what.name))
            return deliver(index, delivered::value);
    }
    return verdict::wait;
}

void machine::stop(branch_counter& branch) noexcept
{
    branch.stopped_at = ++stops_;
}

void machine::begin_compensation(branch_counter& branch) const noexcept
{
    branch.forgiven = cancels_;
    branch.stops_forgiven = stops_;
}

bool machine::is_cancelled(const branch_counter& branch) const noexcept
{
    if (branch.forgiven < cancels_)
        return true;
    std::uint32_t forgiven = 0;
    for (const branch_counter* at = &branch; at; at = at->above)
    {
        forgiven = std::max(forgiven, at->stops_forgiven);
        if (at->stopped_at > forgiven)
            return true;
    }
    return false;
}

verdict machine::apply_to(std::size_t index, const journal::entry& e, std::uint32_t seq)
{
    pending& p = pending_[index];
    const bool stepwise = is_attempted(p.what.kind);
    switch (e.kind)
    {
    case entry_kind::step_done:
    case entry_kind::step_failed:
        if (!stepwise)
            break;
        // A result that comes after the cancel is recorded all the same; only the await throws.
        payload_ = e.payload;
        return deliver(index, is_cancelled(p)                       ? delivered::cancelled
                              : e.kind == entry_kind::step_done ? delivered::value
                                                                : delivered::failed);
    case entry_kind::step_retry:
        if (!stepwise)
            break;
        p.attempts = e.attempts;
        p.due = e.due;
        if (!e.payload.empty()) // an attempt that said nothing leaves what those before it said
            keep_progress(p.where, e.payload);
        return verdict::wait;
    case entry_kind::step_dropped:
        if (!stepwise || !is_cancelled(p))
            break;
        return deliver(index, delivered::cancelled);
    case entry_kind::timer_set:
        if (p.what.kind != operation_kind::timer || p.recorded)
            break;
        p.recorded = true;
        p.due = e.due;
        p.what.clock = e.clock;
        return verdict::wait;
    case entry_kind::timer_fired:
        if (p.what.kind != operation_kind::timer || !p.recorded)
            break;
        return deliver(index, delivered::value);
    case entry_kind::published:
        if (p.what.kind != operation_kind::publish)
            break;
        return deliver(index, delivered::value);
    case entry_kind::sent:
        if (p.what.kind != operation_kind::signal)
            break;
        return deliver(index, delivered::value);
    case entry_kind::child_started:
        if (p.what.kind != operation_kind::child)
            break;
        return deliver(index, delivered::value);
    case entry_kind::answered:
        if (p.what.kind != operation_kind::answer)
            break;
        kept_signals().answered.emplace(e.code);
        return deliver(index, delivered::value);
    case entry_kind::resolved:
        if (!stepwise)
            break;
        // An undo that a person has ended is done, whatever it was ended by.
        payload_ = e.payload;
        return deliver(index, is_cancelled(p)                                              ? delivered::cancelled
                              : e.code.empty() || p.what.kind == operation_kind::undo ? delivered::value
                                                                                           : delivered::failed);
    case entry_kind::replied:
        if (p.what.kind != operation_kind::reply)
            break;
        reply_seq_ = seq;
        return deliver(index, delivered::value);
    default: break;
    }
    return diverge(e, seq, nullptr);
}

verdict machine::finish(const journal::entry* next, std::uint32_t seq)
{
    if (!next || journal::is_end(next->kind))
        return verdict::wait;
    return diverge(*next, seq, nullptr);
}

verdict machine::deliver(std::size_t index, delivered what)
{
    operation_ = pending_[index].what.operation;
    where_ = pending_[index].where;
    delivered_ = what;
    if (progress_)
        std::erase_if(*progress_, [&](const auto& one) { return one.first == where_; });
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(index));
    return verdict::deliver;
}

verdict machine::diverge_in_payload(const journal::entry& e, std::uint32_t seq, const pending& instead)
{
    constexpr std::size_t shown = 200;
    const auto data_of = [](std::string_view to, std::string_view payload) {
        return (to.empty() ? std::string() : " to " + std::string(to)) + " with " + std::string(payload.substr(0, shown));
    };
    const std::string recorded = is_attempted(instead.what.kind) ? data_of({}, e.args) : data_of(e.text, e.payload);
    text_ = "entry " + std::to_string(seq) + " was " + describe(e, false) + recorded + " at " + e.where.text() +
            "; the code now asks it" + data_of(instead.what.text, instead.what.payload) + " (" + std::string(instead.what.file) + ":" +
            std::to_string(instead.what.line) + "). Bring the code back that wrote the entry, then resume the run.";
    return verdict::diverged;
}

verdict machine::diverge(const journal::entry& e, std::uint32_t seq, const pending* instead)
{
    // The operation that the code asks for in the place of the entry: the one with its path, else the newest.
    if (!instead)
    {
        const std::size_t same = find(e.where);
        if (same < pending_.size())
            instead = &pending_[same];
        else if (!pending_.empty())
            instead = &pending_.back();
    }
    const bool types_differ = instead && e.operation == instead->what.kind && (e.name.empty() || e.name == instead->what.name) &&
                              !e.type.empty() && e.type != instead->what.type;
    text_ = "entry " + std::to_string(seq) + " was " + describe(e, types_differ);
    if (!e.where.empty())
        text_ += " at " + e.where.text();
    text_ += "; the code now ";
    if (instead)
        text_ += "asks " + describe(instead->what, types_differ) + " at " + instead->where.text();
    else
        text_ += "has ended";
    text_ += ". Bring the code back that wrote the entry, then resume the run.";
    return verdict::diverged;
}
}
