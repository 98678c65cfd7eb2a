// Attempts that failed: what is recorded of them, and whether another one follows, the code is told, or the run is parked.

#include "engine/attempt_options.hpp"
#include "engine/shard.hpp"
#include "replay/retry.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace everstep::core
{
using journal::entry;
using journal::entry_kind;
using journal::operation_kind;
using journal::park_reason;

namespace
{
constexpr std::size_t text_bytes_max = 4000; ///< of an error's text, in the journal

std::string_view cut(std::string_view text) noexcept { return text.substr(0, text_bytes_max); }

/// "no result within 5000 ms".
std::string described(time_limit limit, const step_options& options)
{
    const auto ms = [](std::chrono::milliseconds duration) { return std::to_string(duration.count()) + " ms"; };
    switch (limit)
    {
    case time_limit::total: return "no result within " + ms(options.total_timeout) + " over all attempts";
    case time_limit::heartbeat: return "no heartbeat within " + ms(options.heartbeat_timeout);
    default: return "no result within " + ms(options.timeout);
    }
}

/// Of a failed attempt: another one follows, or none does.
entry entry_of(const replay::pending& p, const failed_attempt& last, const replay::retry_decision& decision, base::time_us at) noexcept
{
    entry e = replay::entry_about(p, decision.again ? entry_kind::step_retry : entry_kind::step_failed, at);
    e.attempts = last.number;
    e.due = decision.due;
    e.code = last.code;
    e.text = last.text;
    e.payload = decision.again ? last.progress : std::string_view();
    return e;
}
}

void shard::take_failure(resident_run& run, step_attempt& job)
{
    if (job.of.place == step_place::shard)
        now_ = host_.time().now(); // the body took this thread for as long as it ran, and delays count from its end
    ended_attempt ended{.end = job.end, .passed = job.of.passed, .is_left_behind = false,
                        .delay = job.end == body_end::later ? std::chrono::microseconds(job.delay).count() : -1, .code = job.code,
                        .text = std::string(cut(job.text)), .progress = {}};
    if (const detail::heart* heart = job.heart())
        ended.progress = heart->progress();
    settle_failure(run, run.driver->machine().waiting_at(job.of.where), std::move(ended));
}

/// Tells the code of it, or not yet, or parks the run. turn_.begin() came before.
void shard::settle_failure(resident_run& run, const replay::pending& p, ended_attempt&& ended)
{
    const step_options& options = options_of(p);
    count_up(host_.count.attempts_failed);
    std::string text = std::move(ended.text);
    std::string code = std::move(ended.code);
    if (ended.passed != time_limit::none && ended.end != body_end::permanent)
    {
        count_up(host_.count.attempts_timed_out);
        text = described(ended.passed, options) +
               (ended.is_left_behind ? "; the body was left behind and may still run" : "; the body ended with " + code + ": " + text);
        code = "timed_out";
    }
    const std::uint32_t attempts = p.attempts + 1;
    const bool cancelled = run.driver->machine().is_cancelled(p);
    const replay::failure what{ended.end == body_end::permanent || cancelled, ended.delay, code, text};
    chance_ = chance_ * 6364136223846793005ull + 1442695040888963407ull;
    replay::retry_decision decision;
    try
    {
        decision = replay::decide_retry(options.retry, what, attempts, p.started_at, now_, chance_, options.total_timeout);
    }
    catch (...)
    {
        text += " (and its policy's `again` threw)"; // user code: the failure is final
    }
    if (decision.is_timed_out && ended.passed != time_limit::total)
    {
        text = described(time_limit::total, options) + "; the last one ended with " + code + ": " + text;
        code = "timed_out";
    }
    const failed_attempt last{attempts, cut(code), text, ended.progress};
    if (!decision.again && (decision.parks || p.what.kind == operation_kind::undo))
        return park_exhausted(run, p, last);
    apply_live(run, entry_of(p, last, decision, now_));
}

/// The last failure is recorded as one that another attempt follows: that of the resumed run. If we die between this commit and that of the
/// parking (bodies of other branches may be waited for), the attempt is made once more, and the run parked then.
void shard::park_exhausted(resident_run& run, const replay::pending& p, const failed_attempt& last)
{
    const bool is_undo = p.what.kind == operation_kind::undo;
    std::string text = is_undo ? "the compensation of step '" + std::string(p.what.name) + "'" : replay::describe(p.what, false);
    text += (is_undo ? " failed for good (attempts: " : " at " + p.where.text() + " has run out of attempts or time (attempts: ") +
            std::to_string(last.number) + "): " + std::string(last.code) + ": " + std::string(last.text);
    std::uint32_t seq = 0;
    turn_.record(entry_of(p, last, {.again = true, .due = now_}, now_), seq); // where there is no room for it, the status says it all the same
    park(run, is_undo ? park_reason::compensation_failed : park_reason::retries_exhausted, std::move(text));
}

/// Whether its step began so long ago that no attempt may begin.
bool shard::time_has_run_out(const replay::pending& p) const noexcept
{
    const std::chrono::milliseconds total = options_of(p).total_timeout;
    return total.count() > 0 && replay::end_of(total, p.started_at) <= now_;
}

/// No attempt is under way. False: the run was parked.
bool shard::end_for_time(resident_run& run, const replay::pending& p, driver_state& state)
{
    const std::string text = described(time_limit::total, options_of(p)) + "; no attempt was under way when they were over";
    const failed_attempt last{p.attempts, "timed_out", text, {}};
    if (p.what.kind == operation_kind::undo || options_of(p).retry.when_exhausted == exhausted::park_run)
    {
        park_exhausted(run, p, last);
        return false;
    }
    std::uint32_t seq = 0;
    const entry e = entry_of(p, last, {}, now_);
    if (!turn_.record(e, seq))
    {
        park(run, park_reason::limits, "its history is at its limit: history_entries_max, history_bytes_max or turn_bytes_max");
        return false;
    }
    state = run.driver->apply(e, seq, turn_);
    return true;
}
}
