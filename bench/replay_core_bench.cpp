// How many entries a second does the replay core take, from memory and on one thread? The driver over recorded histories, without a
// store, a shard or a clock.

#include "questions.hpp"

#include "base/bytes.hpp"
#include "engine/run_driver.hpp"
#include "floor/run_writer.hpp"
#include "journal/history.hpp"
#include "support/process_meters.hpp"
#include "support/scale_work.hpp"

#include <everstep/detail/engine_link.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace everstep::bench
{
namespace
{
constexpr std::size_t steps = 20;

/// A run that was cut after its last step, as an engine reads it.
struct recorded_run
{
    journal::run_header header;
    std::unique_ptr<journal::history_reader> history;
};

recorded_run record(std::uint64_t number)
{
    const base::run_number run{number};
    script written;
    run_writer(march_shape(steps, steps), number).write_whole(written);
    written.end_commit();
    recorded_run made;
    made.history = std::make_unique<journal::history_reader>(run);
    for (const script::write& one : written.commit(0))
    {
        const journal::record_key at{base::load_big<std::uint64_t>(one.key.data()),
                                     base::load_big<std::uint64_t>(one.key.data() + 8)};
        if (one.where == journal::table::history)
            made.history->take(at, written.value_of(one));
        else if (one.where == journal::table::run)
            made.header = journal::decode_header(at, written.value_of(one)).value();
    }
    if (!made.history->finish())
        throw std::runtime_error("a recorded history cannot be read: " + made.history->fault_text());
    return made;
}

/// Nothing is to be recorded: the code asks for nothing that is not there.
class no_recorder final : public core::recorder
{
public:
    bool record(const journal::entry&, std::uint32_t&) override { return false; }
    void publish(const journal::event&) override {}
    void put_state(std::string_view, std::string_view, bool) override {}
};

void replay_all(const std::vector<recorded_run>& runs, const core::registered_workflow& code, services& given)
{
    core::driver_scratch scratch;
    const core::driver_limits limits{.payload_bytes_max = 1 << 20, .turn_operations_max = 50'000};
    no_recorder none;
    for (const recorded_run& one : runs)
    {
        const std::vector<std::string_view>& all = one.history->entries();
        journal::entry started;
        journal::decode(all.front(), started);
        const std::vector<std::string_view> entries(all.begin() + 1, all.end());
        core::run_driver driver(one.header, code, given, scratch, limits);
        if (driver.begin(started.payload, entries, none) != core::driver_state::waiting ||
            driver.machine().waiting().front().what.kind != journal::operation_kind::forever)
            throw std::runtime_error("a recorded run does not replay: " + driver.text());
    }
}
}

void add_replay_core(figures& to, const settings& chosen)
{
    constexpr std::size_t count = 5'000;
    const std::size_t times = chosen.quick() ? 4 : 20;
    const auto ours = [=](benchmark::State& state)
    {
        std::vector<recorded_run> runs;
        for (std::uint64_t number = 1; number <= count; ++number)
            runs.push_back(record(number));
        const core::registered_workflow code{.name = march_name,
                                             .function = reinterpret_cast<detail::function_key>(&march),
                                             .traits = detail::traits_for<receipt, void, order>::value,
                                             .version = 1};
        turnstile gate;
        services given;
        given.add(gate);
        std::chrono::duration<double> spent{};
        for (auto _ : state)
        {
            const auto begin = processor_time(); // there is this thread and no other
            for (std::size_t time = 0; time < times; ++time)
                replay_all(runs, code, given);
            spent = processor_time() - begin;
        }
        state.counters[value_counter] = static_cast<double>(times * count * steps) / spent.count();
        if (gate.passed() != 0)
            throw std::runtime_error("bodies ran in replay");
    };
    to.add({.name = "replay",
            .x = static_cast<double>(count),
            .place = "no store",
            .x_name = "runs",
            .goals = {at_least(2'000'000)}},
           ours);
}
}
