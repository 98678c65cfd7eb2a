#pragma once

// Drives a program and the machine the way the engine does: one entry applied, the code runs until it waits, then the next
// entry, from the history while it lasts, then from the world outside.

#include "replay/undo_list.hpp"
#include "replay_program.hpp"

namespace everstep::replay::scripted
{
/// One thing that the code could tell apart, or that the engine reads from the machine.
struct moment
{
    enum class kind : std::uint8_t
    {
        value,
        failed,
        cancelled,
        waits
    };
    kind what{};
    path where;
    base::time_us now{};
    std::uint32_t seq{};
    std::uint32_t attempts{};     ///< waits
    base::time_us due{};          ///< waits
    base::time_us started_at{};   ///< waits
    friend bool operator==(const moment&, const moment&) = default;
};

class player
{
public:
    player(const program& code, recorded_history& history, outside_world* outside)
        : code_(code), history_(history), outside_(outside), core_(history[0].at)
    {
        lines_[0].code = &code.body;
    }

    void play()
    {
        run_code();
        while (!stopped() && !ended() && take_entry())
            run_code();
        if (stopped() || !ended())
            return;
        if (core_.finish(next(), seq_) == verdict::diverged)
            trouble_ = "diverged: " + core_.text();
        else if (!next() && outside_)
            history_.append(when(core_.now(), completed()));
    }

    const std::vector<moment>& moments() const noexcept { return moments_; }
    const machine& core() const noexcept { return core_; }
    const std::string& trouble() const noexcept { return trouble_; }
    bool ended() const noexcept { return phase_ == phase::ended; }

    /// "0 value, 1.0.0 cancelled, waits for 2", or the trouble.
    std::string log() const
    {
        constexpr std::array words{"value", "failed", "cancelled"};
        std::string text;
        for (const moment& one : moments_)
            if (one.what != moment::kind::waits)
                text += one.where.text() + " " + words[static_cast<std::size_t>(one.what)] + ", ";
        if (!trouble_.empty())
            return text + trouble_;
        if (ended())
            return text + "ended";
        std::string waiting;
        for (const pending& one : core_.waiting())
            waiting += (waiting.empty() ? "" : " and ") + one.where.text();
        return text + "waits for " + waiting;
    }

private:
    enum class phase : std::uint8_t
    {
        body,
        compensating,
        behind,
        ended
    };
    /// The workflow itself or one of its branches.
    struct line
    {
        branch_counter counter;
        const lines* code{};
        std::size_t next{};
        bool waits{};
        bool ended{};
        bool threw{};
    };
    struct delivery
    {
        line* to;
        path where;
        delivered what;
    };

    bool stopped() const noexcept { return !trouble_.empty(); }
    const entry* next() const noexcept { return seq_ < history_.size() ? &history_[seq_] : nullptr; }

    void run_code()
    {
        for (bool moved = true; moved && !stopped();)
        {
            moved = false;
            for (line& one : lines_)
                if (one.code && !one.waits && !one.ended && !stopped() && !ended())
                {
                    go_on(one);
                    moved = true;
                }
            if (!moved && !stopped() && !ended() && core_.next() == verdict::deliver)
            {
                resolve(handed_over(), nullptr);
                moved = true;
            }
        }
        for (const pending& one : core_.waiting())
            moments_.push_back({moment::kind::waits, one.where, core_.now(), seq_, one.attempts, one.due, one.started_at});
    }

    void go_on(line& of)
    {
        if (&of == &lines_[0] && phase_ == phase::body && of.next == code_.fork && !forked_)
            fork();
        else if (of.next == of.code->size())
            leave(of, false);
        else
            ask(of);
    }

    void fork()
    {
        forked_ = true;
        lines_[0].waits = true;
        path prefix = lines_[0].counter.prefix;
        prefix.push(lines_[0].counter.next++);
        for (std::uint32_t k = 0; k < 2; ++k)
        {
            line& branch = lines_[k + 1];
            branch.counter.prefix = prefix;
            branch.counter.prefix.push(k);
            branch.counter.above = &lines_[0].counter;
            branch.counter.forgiven = lines_[0].counter.forgiven;
            branch.code = &code_.branches[k];
        }
    }

    void ask(line& of)
    {
        asked what = (*of.code)[of.next];
        what.operation = &of;
        if (what.kind == operation_kind::timer)
            what.due += core_.now();
        const verdict said = core_.start(of.counter, what, next(), seq_);
        of.waits = said == verdict::wait;
        if (said == verdict::record)
            record(of);
        else if (said == verdict::diverged || said == verdict::limits)
            trouble_ = std::string(word(core_, said)) + ": " + core_.text();
        else if (said == verdict::deliver)
            resolve(handed_over(), core_.start_took_next() ? next() : nullptr);
        if (core_.start_took_next())
            ++seq_;
    }

    void record(line& of)
    {
        const entry made = core_.entry();
        history_.append(made);
        of.waits = true;
        if (core_.apply(made, seq_) == verdict::deliver)
            resolve(handed_over(), &made);
        ++seq_;
    }

    /// The next entry, recorded or happening now, and all that it ends the waiting of. False: the process ends while the run waits.
    bool take_entry()
    {
        entry e;
        if (next())
            e = *next();
        else if (!outside_ || !outside_->next(core_, seq_, e))
            return false;
        else
            history_.append(e);
        const verdict said = core_.apply(e, seq_);
        if (said == verdict::deliver)
            resolve(handed_over(), &e);
        if (said == verdict::diverged)
            trouble_ = "diverged: " + core_.text();
        ++seq_;
        return true;
    }

    delivery handed_over() const { return {static_cast<line*>(core_.operation()), core_.where(), core_.what()}; }

    void resolve(const delivery& one, const entry* by)
    {
        line& of = *one.to;
        const asked& what = (*of.code)[of.next++];
        of.waits = false;
        moments_.push_back({static_cast<moment::kind>(one.what), one.where, core_.now(), seq_, 0, 0, 0});
        if (code_.undoable && what.kind == operation_kind::step && by && by->kind == entry_kind::step_done)
            undos_.add({.saga = 1, .traits = nullptr, .name = std::string(what.name), .file = what.file, .line = what.line, .result = {}});
        if (phase_ == phase::compensating)
            return;
        if (one.what == delivered::cancelled || (one.what == delivered::failed && code_.failure_ends))
            leave(of, true);
    }

    void leave(line& of, bool threw)
    {
        of.ended = true;
        of.threw = threw;
        if (&of != &lines_[0])
            join();
        else if (phase_ == phase::body && threw && code_.compensates)
            compensate();
        else if (phase_ == phase::compensating)
            enter(phase::behind, code_.behind);
        else
            phase_ = phase::ended;
    }

    void join()
    {
        if (!lines_[1].ended || !lines_[2].ended)
            return;
        lines_[0].waits = false;
        if (lines_[1].threw || lines_[2].threw)
            leave(lines_[0], true);
    }

    void compensate()
    {
        core_.begin_compensation(lines_[0].counter);
        while (auto taken = undos_.take_newest(undo_list::all))
            names_.push_back(std::move(taken->name));
        for (const std::string& name : names_)
            undo_code_.push_back(undo_of(name));
        enter(phase::compensating, undo_code_);
    }

    void enter(phase what, const lines& code)
    {
        phase_ = what;
        lines_[0] = {.counter = lines_[0].counter, .code = &code};
    }

    const program& code_;
    recorded_history& history_;
    outside_world* outside_;
    machine core_;
    std::array<line, 3> lines_;
    phase phase_{};
    bool forked_{};
    undo_list undos_;
    std::deque<std::string> names_;
    lines undo_code_;
    std::uint32_t seq_{1};
    std::vector<moment> moments_;
    std::string trouble_;
};

/// The code over a history, as in replay: up to where the history ends.
inline std::string play(const program& code, recorded_history history)
{
    player playing(code, history, nullptr);
    playing.play();
    return playing.log();
}
}
