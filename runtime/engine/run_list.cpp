#include "engine/run_list.hpp"

#include "engine/engine_core.hpp"
#include "engine/journal_reader.hpp"
#include "journal/header.hpp"

#include <everstep/detail/engine_link.hpp>
#include <everstep/error.hpp>

#include <condition_variable>
#include <iterator>
#include <mutex>
#include <utility>

namespace everstep::core
{
namespace
{
using time_point = run_filter::time_point;

time_point time_of(base::time_us at) noexcept { return time_point(std::chrono::microseconds(at)); }

bool fits(const run_filter& which, const journal::run_header& run)
{
    return (which.workflow.empty() || run.workflow == which.workflow) && run.id.starts_with(which.id_prefix) &&
           (!which.state || static_cast<everstep::run_state>(run.state) == *which.state) &&
           (which.reason.empty() || (run.state == journal::run_state::parked && name_of(run.reason) == which.reason)) &&
           (!which.started_from || time_of(run.started_at) >= *which.started_from) &&
           (!which.started_before || time_of(run.started_at) < *which.started_before);
}

run_summary summary_of(std::uint64_t number, journal::run_header&& run)
{
    const bool is_parked = run.state == journal::run_state::parked;
    return {number, std::move(run.workflow), std::move(run.id), run.version, static_cast<everstep::run_state>(run.state),
            is_parked ? std::string(name_of(run.reason)) : std::string(), std::move(run.text), time_of(run.started_at), time_of(run.ended_at)};
}
}

run_page list_runs(const store::store& from, const run_filter& which, std::uint64_t first, std::size_t runs_max, std::size_t looks_max)
{
    run_page page;
    from.read([&](const store::snapshot& now) {
        std::size_t looks = 0;
        now.scan(journal::table::run, {first, 0}, [&](journal::record_key at, std::string_view value) {
            if (looks++ == looks_max || page.runs.size() == runs_max)
            {
                page.next = at.major;
                return false;
            }
            auto header = journal::decode_header(at, value);
            if (header && fits(which, *header)) // what is damaged is named where it is needed
                page.runs.push_back(summary_of(at.major, std::move(*header)));
            return true;
        });
    });
    return page;
}
}

namespace everstep::inline v0::detail
{
namespace
{
/// On this thread, which counts as the engine's own meanwhile. Throws engine_error.
template <class Visit>
void visit_journal(const std::weak_ptr<engine_core>& core, Visit&& visit)
{
    const auto here = core.lock();
    if (!here)
        throw engine_closed();
    here->read_journal([&](store::store& journal) { visit(*here, journal); });
}

constexpr std::size_t looks_of_a_page = 10'000;
constexpr std::size_t orders_at_once = 1'000;

/// Counts what many requests came to.
class tally
{
public:
    class one final : public receiver
    {
    public:
        one(tally& of, std::string workflow, std::string id) : of_(of), workflow_(std::move(workflow)), id_(std::move(id)) {}
        void take(answer&& a) noexcept override
        {
            const std::scoped_lock lock(of_.mutex_); // notified under it: who waits may be gone as soon as it is released
            if (a.what == answer_kind::value)
                ++of_.outcome_.done;
            else
                of_.outcome_.refused.push_back({std::move(workflow_), std::move(id_), std::move(a.text)});
            if (--of_.out_ < orders_at_once)
                of_.came_.notify_one();
        }

    private:
        tally& of_;
        std::string workflow_, id_;
    };

    void begin()
    {
        std::unique_lock lock(mutex_);
        came_.wait(lock, [this] { return out_ < orders_at_once; });
        ++out_;
    }
    order_outcome end()
    {
        std::unique_lock lock(mutex_);
        came_.wait(lock, [this] { return out_ == 0; });
        return std::move(outcome_);
    }

private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::size_t out_{};
    order_outcome outcome_;
};

request_kind request_of(run_order order) noexcept
{
    switch (order)
    {
    case run_order::cancel: return request_kind::cancel;
    case run_order::terminate: return request_kind::terminate;
    case run_order::pause: return request_kind::pause;
    case run_order::resume: return request_kind::resume;
    case run_order::restart: break;
    }
    return request_kind::restart;
}
}

std::vector<run_summary> list_runs(const std::weak_ptr<engine_core>& core, const run_filter& which, std::size_t at_most, std::uint64_t after)
{
    std::vector<run_summary> found;
    for (std::uint64_t next = after + 1; next != 0 && found.size() < at_most;)
    {
        core::run_page page;
        visit_journal(core, [&](engine_core&, store::store& journal) {
            page = core::list_runs(journal, which, next, at_most - found.size(), looks_of_a_page);
        });
        next = page.next;
        std::move(page.runs.begin(), page.runs.end(), std::back_inserter(found));
    }
    return found;
}

order_outcome order_runs(const std::weak_ptr<engine_core>& core, run_order order, const run_filter& which, const because& why)
{
    require_may_block(core);
    tally counted;
    std::uint64_t after = 0;
    for (bool has_more = true; has_more;)
    {
        const std::vector<run_summary> some = list_runs(core, which, orders_at_once, after);
        has_more = some.size() == orders_at_once;
        for (const run_summary& one : some)
        {
            after = one.number;
            if (one.state == run_state::continued)
                continue; // its id stands for another run
            counted.begin();
            request what{request_of(order), admission::wait, nullptr, one.id, why.text()};
            what.workflow = one.workflow;
            what.number = one.number;
            submit(core, std::move(what), std::make_unique<tally::one>(counted, one.workflow, one.id));
        }
    }
    return counted.end();
}

std::optional<std::string> read_state(const std::weak_ptr<engine_core>& core, function_key workflow, const std::string& id, std::string_view name)
{
    std::optional<std::string> value;
    visit_journal(core, [&](engine_core& here, store::store& journal) {
        const core::registered_workflow* code = here.workflows.find(workflow);
        if (!code)
            throw engine_error(errc::wrong_use, "this workflow was not added: call engine::add before open");
        journal.read([&](const store::snapshot& now) {
            const core::journal_reader reader(now);
            const auto found = reader.find(here.ids, here.newest_run(), journal::id_hash(code->name, id), code->name, id);
            if (!found)
                throw engine_error(errc::not_found, "there is no run '" + code->name + "/" + id + "': start it");
            bool is_damaged = found->damaged;
            if (!is_damaged)
                value = reader.state(found->header.chain, name, &is_damaged);
            if (is_damaged)
                throw engine_error(errc::damaged, "what the journal has of '" + code->name + "/" + id + "' cannot be read: restore a backup");
        });
    });
    return value;
}
}
