#pragma once

// The promises, checked: what happened outside against what the journal says. Pure, so that a doctored pair can show that each breach
// is seen. The letters: D durable, X executed once, R the same as recorded, O output after commit, T timers, C compensations, L
// nothing forgotten.

#include "kill_journal.hpp"
#include "run_check.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace everstep::test
{
enum class block_stage : std::uint8_t
{
    killed, ///< just now
    drained ///< every run has ended or waits without end
};

class kill_check
{
public:
    kill_check(const std::vector<effect>& effects, const kill_journal& journal, block_stage stage) : journal_(journal), stage_(stage)
    {
        for (const effect& e : effects)
            by_run_[e.run].push_back(&e);
    }

    /// One line for each breach.
    std::vector<std::string> breaches()
    {
        for (const auto& [name, run] : journal_.runs)
            by_run_.try_emplace(number_of(name, run));
        for (const auto& [number, effects] : by_run_)
        {
            const auto at = journal_.runs.find(std::string(script_of(number).workflow) + "/" + id_of(number));
            run_check(number, effects, at == journal_.runs.end() ? nullptr : &at->second, found_).check();
        }
        check_rows();
        check_wakes();
        return found_;
    }

private:
    /// The number in the id, where the journal has a run that nobody asked for: one that no effect belongs to.
    std::uint32_t number_of(const std::string& name, const engine_run& run)
    {
        std::uint32_t number = 0;
        const std::string& id = run.header.id;
        if (id.size() > 2)
            std::from_chars(id.data() + 2, id.data() + id.size(), number);
        if (id_of(number) != id || script_of(number).workflow != run.header.workflow)
            found_.push_back("D1 the journal has a run that nobody started: " + name);
        return number;
    }

    void check_rows()
    {
        for (const std::string& row : journal_.damaged)
            found_.push_back("D5 a record is damaged: " + row);
        std::set<std::string> names;
        std::set<std::uint64_t> ids(journal_.ids.begin(), journal_.ids.end());
        for (const auto& [name, number] : journal_.headers)
        {
            if (!names.insert(name).second)
                found_.push_back("X6 there are two runs of one id: " + name);
            if (!ids.contains(number))
                found_.push_back("D3 the index of ids has lost " + name);
        }
    }

    /// Every run that has not ended has one wake row, every other one a finished row, and every row a run.
    void check_wakes()
    {
        std::map<std::uint64_t, std::size_t> wakes, finished;
        std::set<std::uint64_t> never;
        for (const auto& [number, due] : journal_.wakes)
        {
            ++wakes[number];
            if (due == journal::due_never)
                never.insert(number);
        }
        for (const std::uint64_t number : journal_.finished)
            ++finished[number];
        for (const auto& [name, run] : journal_.runs)
        {
            const std::uint64_t number = base::to_integer(run.number);
            const bool lives = run.header.state == journal::run_state::running || run.header.state == journal::run_state::parked;
            if (wakes[number] != (lives ? 1u : 0u) || finished[number] != (lives ? 0u : 1u))
                found_.push_back("L2 " + name + " has " + std::to_string(wakes[number]) + " wake rows and " + std::to_string(finished[number]) +
                                 " finished rows");
            wakes.erase(number);
            finished.erase(number);
            if (lives && stage_ == block_stage::drained && !(is_to_wait(run) && never.contains(number)))
                found_.push_back("L1 " + name + " has not ended: " + run.brief());
        }
        for (const auto& [number, count] : wakes)
            found_.push_back("L2 a wake row belongs to no run: " + std::to_string(number));
        for (const auto& [number, count] : finished)
            found_.push_back("L2 a finished row belongs to no run: " + std::to_string(number));
    }
    static bool is_to_wait(const engine_run& run)
    {
        return run.header.state == journal::run_state::running && run.header.workflow == script_of(4).workflow && !run.has("cancel_asked");
    }

    const kill_journal& journal_;
    block_stage stage_;
    std::map<std::uint32_t, std::vector<const effect*>> by_run_;
    std::vector<std::string> found_;
};
}
