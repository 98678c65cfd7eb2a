#include "audit.hpp"

#include "books.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace shop
{
namespace
{
using ticks = front_desk::ticks;

double milliseconds(ticks from, ticks to)
{
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::duration(to - from)).count();
}

unsigned expected_changes(const order& o)
{
    const auto bit = [](call_kind kind) { return 1u << static_cast<unsigned>(kind); };
    using enum call_kind;
    const unsigned reserved = bit(charge) | bit(reserve);
    switch (expected_outcome(o))
    {
    case outcome::declined: return 0;
    case outcome::compensated:
        return o.status == order_status::canceled ? reserved | bit(give_back) | bit(refund) : bit(charge) | bit(refund);
    case outcome::open: return o.status == order_status::shipped ? reserved | bit(collect) : reserved;
    case outcome::delivered: break;
    }
    return reserved | bit(collect) | bit(notify);
}

/// Finds calls of steps whose result had been recorded before. A step's body begins only when the result of the one before it is
/// durable, an answer leaves only when what it depends on is durable: so a call is proof of all steps before it, and an answer
/// of the payment, and the end of all.
class rerun_check
{
public:
    rerun_check(const std::vector<order>& orders, const front_desk& desk, std::uint32_t first_epoch)
        : desk_(desk), first_epoch_(first_epoch)
    {
        for (std::size_t line = 0; line < orders.size(); ++line)
            line_of_.emplace(orders[line].id, line);
    }

    void take(const books::call& c)
    {
        const auto at = line_of_.find(c.order_id);
        if (at == line_of_.end())
            return;
        call_kind& furthest = furthest_[at->second];
        bool rerun = c.kind < furthest;
        furthest = std::max(furthest, c.kind);
        if (c.epoch >= first_epoch_) // of this demonstration: the customers' times and the books' are comparable
        {
            const front_desk::line& told = desk_[at->second];
            rerun |= c.kind == call_kind::charge && told.answered_at && c.begun_at > told.answered_at;
            rerun |= told.ended_at && c.begun_at > told.ended_at;
            ticks& first = first_call_.try_emplace(c.epoch, c.begun_at).first->second;
            first = std::min(first, c.begun_at);
        }
        reruns_ += rerun;
    }

    std::uint64_t reruns() const noexcept { return reruns_; }
    /// Of the process of that epoch.
    std::optional<ticks> first_call(std::uint32_t epoch) const
    {
        const auto found = first_call_.find(epoch);
        return found == first_call_.end() ? std::nullopt : std::optional(found->second);
    }

private:
    const front_desk& desk_;
    std::uint32_t first_epoch_;
    std::map<std::string, std::size_t> line_of_;
    std::map<std::size_t, call_kind> furthest_;
    std::map<std::uint32_t, ticks> first_call_;
    std::uint64_t reruns_{};
};

std::map<std::uint32_t, ticks> first_answers(const front_desk& desk)
{
    std::map<std::uint32_t, ticks> result;
    for (std::size_t line = 0; line < desk.size(); ++line)
        if (const ticks at = desk[line].answered_at)
        {
            ticks& first = result.try_emplace(desk[line].answered_epoch, at).first->second;
            first = std::min(first, at);
        }
    return result;
}

spread answer_times(const front_desk& desk)
{
    std::vector<double> times;
    for (std::size_t line = 0; line < desk.size(); ++line)
    {
        const auto& told = desk[line];
        if (told.answered_at && !told.declined && told.asked_epoch == told.answered_epoch)
            times.push_back(milliseconds(told.asked_at, told.answered_at));
    }
    return spread::of(std::move(times));
}
}

void audit_books(const demo_options& options, const std::vector<order>& orders, const front_desk& desk,
                 const std::vector<restart>& restarts, std::uint32_t first_epoch, figures& found)
{
    books books(options.world());
    found.double_effects = books.double_effects();
    found.repeated_calls = books.repeated_calls();

    const auto changes = books.changes();
    for (const order& o : orders)
    {
        const auto made = changes.find(o.id);
        if ((made == changes.end() ? 0 : made->second) != expected_changes(o))
            found.broken.push_back("order " + o.id + ": what was changed outside does not fit how it ended");
    }

    rerun_check check(orders, desk, first_epoch);
    books.each_call([&](const books::call& c) { check.take(c); });
    found.recorded_steps_rerun = check.reruns();

    found.answer = answer_times(desk);
    const auto answers = first_answers(desk);
    std::vector<double> recoveries;
    for (const restart& one : restarts)
    {
        auto work = check.first_call(one.epoch);
        if (const auto answer = answers.find(one.epoch); answer != answers.end())
            work = std::min(work.value_or(answer->second), answer->second);
        if (one.opened_at && work) // else it was killed again before it did anything
            recoveries.push_back(milliseconds(one.started_at, std::max(one.opened_at, *work)));
    }
    found.recovery = spread::of(std::move(recoveries));
}
}
