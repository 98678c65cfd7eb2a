#pragma once

// One run of a victim: its history against its script, and what happened outside against its history.

#include "effect_log.hpp"
#include "engine_journal.hpp"
#include "victim_script.hpp"

#include <everstep/codec.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace everstep::test
{
class run_check
{
public:
    /// `run` is null where the journal has no such run.
    run_check(std::uint32_t number, const std::vector<const effect*>& effects, const engine_run* run, std::vector<std::string>& breaches)
        : number_(number), script_(script_of(number)), effects_(effects), run_(run), breaches_(breaches)
    {
    }

    void check()
    {
        for (const effect* e : effects_)
            if (e->what == deed::body_ended)
                returned_[e->position].insert(e->value);
        if (run_ == nullptr)
        {
            if (!effects_.empty())
                breach("D1", "was acknowledged or ran a body, and is not in the journal");
            return;
        }
        check_history();
        check_end();
        check_bodies();
        check_answers();
    }

private:
    using kind = journal::entry_kind;

    void breach(const std::string& which, const std::string& text) { breaches_.push_back(which + " " + id_of(number_) + " " + text); }
    const script_line& line(std::size_t position) const { return script_.lines[position - 1]; }

    static bool ends(kind k) { return k == kind::completed || k == kind::failed || k == kind::cancelled; }
    static bool settles(kind k) { return k == kind::step_done || k == kind::step_failed || k == kind::step_dropped; }

    /// 0: the entry belongs to no operation, or to none of the script.
    std::size_t position_of(const engine_entry& e)
    {
        const bool timer = e.kind == kind::timer_set || e.kind == kind::timer_fired;
        if (e.kind == kind::timer_set)
            timers_.try_emplace(e.where, timers_.size());
        std::size_t skip = timer && timers_.contains(e.where) ? timers_[e.where] : 0;
        for (std::size_t position = 1; position <= script_.lines.size(); ++position)
        {
            const script_line& l = line(position);
            if (timer ? l.what == line_kind::timer && skip-- == 0 : is_of(l, e))
                return position;
        }
        return 0;
    }
    static bool is_of(const script_line& l, const engine_entry& e)
    {
        switch (l.what)
        {
        case line_kind::step: return e.operation == journal::operation_kind::step && e.name == l.name;
        case line_kind::undo: return e.operation == journal::operation_kind::undo && e.name == l.name;
        case line_kind::reply: return e.kind == kind::replied;
        case line_kind::timer: return false;
        }
        return false;
    }

    void check_history()
    {
        if (!run_->whole || run_->entries.empty())
            return breach("D5", "has a history that cannot be read to its end");
        const engine_entry& first = run_->entries.front();
        if (first.kind != kind::started || first.payload != encode(input_of(number_)))
            breach("D1", "began with another input than was acknowledged: " + first.payload);
        base::time_us last = first.at;
        for (const engine_entry& e : run_->entries)
        {
            if (e.at < last)
                breach("T5", "has an entry before the one before it: " + e.brief());
            last = e.at;
            if (ended_)
                breach("D5", "goes on after its end: " + e.brief());
            take(e);
        }
    }

    void take(const engine_entry& e)
    {
        ended_ = ended_ || ends(e.kind);
        cancel_asked_ = cancel_asked_ || e.kind == kind::cancel_asked;
        if (e.kind == kind::completed && e.payload != encode(sum_))
            breach("R3", "resulted in what its steps do not give: " + e.payload);
        const std::size_t position = position_of(e);
        if (position == 0)
        {
            if (e.kind != kind::started && e.kind != kind::cancel_asked && !ends(e.kind))
                breach("R1", "has an entry that is not in its script: " + e.brief());
            return;
        }
        if (position < last_position_)
            breach("R1", "has entries out of order: " + e.brief());
        last_position_ = position;
        take_at(position, e);
    }

    void take_at(std::size_t position, const engine_entry& e)
    {
        if (due_.contains(position) && (settles(e.kind) || e.kind == kind::step_retry || e.kind == kind::timer_fired) && e.at < due_[position])
            breach("T1", "went on before it was due: " + e.brief());
        if ((e.kind == kind::timer_set && !line(position).by_wall) || e.kind == kind::step_retry)
            due_[position] = e.due;
        if (e.kind == kind::replied && e.payload != encode(sum_))
            breach("R3", "replied what its steps do not give: " + e.payload);
        if (!settles(e.kind) && e.kind != kind::timer_fired && e.kind != kind::replied)
            return;
        if (!settled_.insert(position).second)
            breach(e.kind == kind::timer_fired ? "T3" : "X3", "has a second record of " + e.brief());
        if (e.kind == kind::step_done)
            take_done(position, e);
    }

    void take_done(std::size_t position, const engine_entry& e)
    {
        if (line(position).what == line_kind::undo)
        {
            if (to_undo_.empty() || to_undo_.back() != e.name)
                breach("C1", "undid out of order: " + e.brief());
            else
                to_undo_.pop_back();
            return;
        }
        const traced result = decode<traced>(e.payload);
        if (!returned_[position].contains(result.value))
            breach("R4", "recorded what no body returned: " + e.brief());
        sum_ = folded(sum_, result.value);
        if (result.undo_position != 0)
        {
            to_undo_.push_back(e.name);
            undoable_.insert(result.undo_position);
        }
    }

    void check_end()
    {
        using journal::run_state;
        const run_state state = run_->header.state;
        const kind last = run_->entries.empty() ? kind::started : run_->entries.back().kind;
        const run_state expected = last == kind::completed   ? run_state::completed
                                   : last == kind::failed    ? run_state::failed
                                   : last == kind::cancelled ? run_state::cancelled
                                                             : run_state::running;
        if (state != expected)
            breach("D3", "has a header of another state than its history: " + std::to_string(static_cast<int>(state)) + " " + run_->header.text);
        if ((last == kind::failed || last == kind::cancelled) && !to_undo_.empty())
            breach("C1", "ended with '" + to_undo_.back() + "' not undone");
        if (ended_ && script_.end != ending::any && !(script_.end == ending::completes && last == kind::completed) &&
            !(script_.end == ending::fails && last == kind::failed) && !(script_.end == ending::cancelled && last == kind::cancelled))
            breach("R3", "ended as it cannot: " + std::string(journal::name_of(last)) + " " + run_->entries.back().text);
    }

    /// Nothing goes out before all that it depends on is recorded, and nothing goes back.
    void check_bodies()
    {
        std::size_t highest = 0;
        bool answered = false;
        std::set<std::pair<std::uint32_t, std::uint32_t>> begun; // position and attempt, of this life
        std::map<std::size_t, std::pair<std::uint32_t, std::set<std::uint32_t>>> executions; // how many, in which lives
        std::uint32_t epoch = 0;
        const effect* before = nullptr;
        for (const effect* e : effects_)
        {
            answered = answered || e->what == deed::told_result || e->what == deed::told_failed;
            if (e->what == deed::told_reply)
                highest = std::max(highest, position_of_reply());
            if (std::exchange(epoch, e->epoch) != e->epoch)
                begun.clear();
            if (e->what == deed::body_began && e->position > 0 && e->position <= script_.lines.size())
            {
                if (answered || e->position < highest)
                    breach("X1", "ran '" + std::string(line(e->position).name) + "' again, which was recorded");
                highest = std::max<std::size_t>(highest, e->position);
                if (!begun.insert({e->position, e->attempt}).second)
                    breach("X5", "ran '" + std::string(line(e->position).name) + "' twice in one life");
                auto& [count, lives] = executions[e->position];
                lives.insert(e->epoch);
                if (++count > line(e->position).attempts + lives.size() - 1 || e->attempt > line(e->position).attempts)
                    breach("X2", "ran '" + std::string(line(e->position).name) + "' too often");
                check_before(*e, before);
            }
            if (e->what == deed::body_ended || e->what == deed::body_threw)
                before = e;
        }
    }

    std::size_t position_of_reply() const
    {
        for (std::size_t position = 1; position <= script_.lines.size(); ++position)
            if (line(position).what == line_kind::reply)
                return position;
        return 0;
    }

    void check_before(const effect& began, const effect* before)
    {
        const bool undoing = line(began.position).what == line_kind::undo;
        for (std::size_t position = 1; position < began.position; ++position)
        {
            const bool is_undo = line(position).what == line_kind::undo;
            const bool needed = is_undo ? undoable_.contains(static_cast<std::uint32_t>(position)) : !undoing;
            if (needed && !settled_.contains(position))
                breach("O1", "began '" + std::string(line(began.position).name) + "' before what comes first was recorded");
        }
        if (undoing && !undoable_.contains(began.position))
            breach("C2", "undid '" + std::string(line(began.position).name) + "', which has no recorded success");
        if (undoing || began.position < 2 || line(began.position - 1u).what != line_kind::timer)
            return;
        const std::int64_t least = line(began.position - 1u).milliseconds * 1000;
        const bool same_life = before != nullptr && before->epoch == began.epoch && before->position < began.position;
        // Engine time skips ahead at an open, by what its lease may hide; inside one life it keeps pace with the clock.
        if (same_life && began.boot_us - before->boot_us < least)
            breach("T1", "slept too short before '" + std::string(line(began.position).name) + "'");
        if (line(began.position - 1u).by_wall && before != nullptr && began.wall_us - before->wall_us < least)
            breach("T1", "slept until too early before '" + std::string(line(began.position).name) + "'");
    }

    void check_answers()
    {
        const engine_entry* reply = nullptr;
        for (const engine_entry& e : run_->entries)
            if (e.kind == kind::replied && reply == nullptr)
                reply = &e;
        const engine_entry* end = ended_ ? &run_->entries.back() : nullptr;
        for (const effect* e : effects_)
        {
            if (e->what == deed::told_reply && (reply == nullptr || reply->payload != encode(e->value)))
                breach("O1", "gave a reply that the journal has not");
            if (e->what == deed::told_result && (end == nullptr || end->kind != kind::completed || end->payload != encode(e->value)))
                breach("O1", "gave a result that the journal has not");
            if (e->what == deed::told_failed && (end == nullptr || hash_of(code_of(*end)) != e->value))
                breach("O1", "reported a failure that the journal has not");
            if (e->what == deed::told_cancelled && !cancel_asked_ && !ended_)
                breach("D1", "was cancelled, and the journal has not heard of it");
        }
    }
    static std::string code_of(const engine_entry& end) { return end.kind == kind::cancelled ? "cancelled" : end.code; }

    std::uint32_t number_;
    victim_script script_;
    const std::vector<const effect*>& effects_;
    const engine_run* run_;
    std::vector<std::string>& breaches_;

    std::map<std::size_t, std::set<std::uint64_t>> returned_; ///< by bodies, by position
    std::map<std::string, std::size_t> timers_;               ///< by path: which one it is
    std::map<std::size_t, base::time_us> due_;
    std::set<std::size_t> settled_;
    std::set<std::uint32_t> undoable_; ///< positions of undos whose steps were done
    std::vector<std::string> to_undo_;
    std::uint64_t sum_{};
    std::size_t last_position_{};
    bool ended_{};
    bool cancel_asked_{};
};
}
