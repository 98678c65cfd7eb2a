// How many entries a second are replayed when a journal with unfinished runs is opened? From the begin of open() until every
// run waits again where it stood. Beside LMDB reading the same records, each copied once.

#include "floor/raw_journal.hpp"
#include "questions.hpp"
#include "support/checkout.hpp"
#include "support/folder.hpp"
#include "support/latencies.hpp"

#include <everstep/engine.hpp>

#include <array>
#include <fcntl.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>

namespace everstep::bench
{
using journal::table;

namespace
{
constexpr std::size_t runs_of_commit = 250;
constexpr std::chrono::seconds patience{60};

/// A journal of runs that were cut after their last step, made once and copied for each measurement.
class cut_journal
{
public:
    cut_journal(const std::string& within, std::size_t runs) : home_(within)
    {
        const run_shape shape = long_checkout_shape();
        script all;
        for (std::size_t number = 1; number <= runs; ++number)
        {
            run_writer writer(shape, number);
            while (!writer.ended())
                writer.write_turn(all);
            if (number % runs_of_commit == 0 || number == runs)
                all.end_commit();
        }
        raw_journal to(home_.path());
        to.play_all(all);
        to.write_meta(runs + 1);
    }

    const std::string& path() const noexcept { return home_.path(); }

    void copy_to(const std::string& directory) const
    {
        const std::string file = directory + "/data.mdb";
        std::filesystem::copy_file(home_.path() + "/data.mdb", file);
        // Else the first commit of the measurement would write it all to disk.
        const int copied = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
        if (copied < 0 || ::fsync(copied) != 0)
            throw std::runtime_error("cannot sync " + file);
        ::close(copied);
    }

private:
    folder home_;
};

std::unique_ptr<cut_journal>& made_once(std::unique_ptr<cut_journal>& kept, const settings& chosen, std::size_t runs)
{
    if (!kept)
        kept = std::make_unique<cut_journal>(chosen.directory, runs);
    return kept;
}

void wait_for(const engine& shop, std::uint64_t entries)
{
    const auto end = clock::now() + patience;
    while (shop.metrics().entries_replayed < entries)
    {
        if (clock::now() > end)
            throw std::runtime_error("replayed " + std::to_string(shop.metrics().entries_replayed) + " entries of " +
                                     std::to_string(entries));
        std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
}

void replay(benchmark::State& state, const settings& chosen, const cut_journal& from, std::size_t runs,
            std::uint64_t entries)
{
    const folder home(chosen.directory);
    from.copy_to(home.path());
    latencies unused(1);
    desk service(runs, unused);
    engine_options options;
    options.journal = home.path();
    engine shop(options);
    shop.provide(service);
    shop.add(workflow_name, &long_checkout);
    for (auto _ : state)
    {
        shop.open();
        wait_for(shop, entries);
    }
    if (shop.metrics().runs_parked != 0)
        throw std::runtime_error("runs were parked: the journal made for them does not fit their code");
    shop.close(std::chrono::seconds(10));
}

void read_raw(benchmark::State& state, const cut_journal& from)
{
    std::string copy;
    for (auto _ : state)
    {
        const raw_journal journal(from.path());
        for (const table where : {table::wake, table::run, table::history})
            journal.read(where, [&](std::string_view, std::string_view value) { copy.assign(value); });
        benchmark::DoNotOptimize(copy);
    }
}
}

void add_replay(figures& to, const settings& chosen)
{
    const std::size_t runs = chosen.quick() ? 10'000 : 20'000;
    const std::uint64_t entries = runs * long_steps; // as the engine counts them: that of the start is not replayed
    const auto kept = std::make_shared<std::unique_ptr<cut_journal>>();
    const auto ours = [=, &chosen](benchmark::State& state)
    {
        replay(state, chosen, *made_once(*kept, chosen, runs), runs, entries);
        state.SetItemsProcessed(static_cast<std::int64_t>(entries));
    };
    const auto floor = [=, &chosen](benchmark::State& state)
    {
        read_raw(state, *made_once(*kept, chosen, runs));
        state.SetItemsProcessed(static_cast<std::int64_t>(entries));
    };
    to.add({.name = "replay",
            .x = static_cast<double>(runs),
            .place = "pool",
            .x_name = "runs",
            .goals = {at_least(1'200'000)}},
           ours, floor);
}
}
