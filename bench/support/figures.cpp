#include "support/figures.hpp"

#include "support/text.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <iostream>

namespace everstep::bench
{
namespace
{
constexpr const char* rate_counter = "items_per_second";

double median(std::vector<double> samples)
{
    if (samples.empty())
        return 0;
    std::ranges::sort(samples);
    const std::size_t middle = samples.size() / 2;
    return samples.size() % 2 == 1 ? samples[middle] : (samples[middle - 1] + samples[middle]) / 2;
}

double quotient(double ours, double floor) { return ours == 0 || floor == 0 ? 0 : ours / floor; }

void keep(const benchmark::UserCounters& from, const char* name, std::vector<double>& to)
{
    if (const auto found = from.find(name); found != from.end())
        to.push_back(found->second);
}

/// How many of a unit of time a second has; 0 where it is no unit of time.
double units_of_second(std::string_view unit) { return unit == "s" ? 1 : unit == "ms" ? 1e3 : unit == "us" ? 1e6 : 0; }

/// What the measurement handed over: its value, or what follows from items and time.
double value_of(const benchmark::UserCounters& from, std::string_view unit)
{
    if (const auto value = from.find(value_counter); value != from.end())
        return value->second;
    const auto rate = from.find(rate_counter);
    if (rate == from.end() || rate->second == 0)
        return 0;
    const double units = units_of_second(unit);
    return units != 0 ? units / rate->second : static_cast<double>(rate->second);
}

std::string name_of(const figure& what)
{
    std::string name = what.name;
    if (!what.place.empty())
        name += "/place:" + what.place;
    std::string x_name = what.x_name;
    std::ranges::replace(x_name, ' ', '_');
    return name + "/" + x_name + ":" + fixed(what.x, 0);
}
}

void figures::add(figure what, const measurement& ours, const measurement& floor)
{
    const std::string name = name_of(what);
    const int rounds = what.rounds != 0 ? what.rounds : rounds_;
    const std::size_t at = rows_.size();
    rows_.push_back({std::move(what), {}, {}, {}});
    for (int round = 1; round <= rounds; ++round)
        for (const bool is_floor : {false, true})
        {
            if (is_floor && !floor)
                continue;
            const std::string full = name + (is_floor ? "/floor" : "/ours") + "/round:" + std::to_string(round);
            sides_[full] = {at, is_floor};
            const auto guarded = [measure = is_floor ? floor : ours](benchmark::State& state)
            {
                try
                {
                    measure(state);
                }
                catch (const std::exception& failed)
                {
                    state.SkipWithError(failed.what());
                }
            };
            benchmark::RegisterBenchmark(full.c_str(), guarded)->Iterations(1)->UseRealTime();
        }
}

void figures::ReportRuns(const std::vector<Run>& report)
{
    for (const Run& one : report)
    {
        const std::string& name = one.run_name.function_name;
        const auto found = sides_.find(name);
        if (found == sides_.end())
            continue;
        if (one.error_occurred)
        {
            failed_ = true;
            std::cerr << name << ": " << one.error_message << '\n';
            continue;
        }
        row& to = rows_[found->second.row];
        samples& measured = found->second.is_floor ? to.floor : to.ours;
        const std::string& unit = to.what.unit;
        measured.values.push_back(value_of(one.counters, unit));
        keep(one.counters, p50_counter, measured.p50_us);
        keep(one.counters, p99_counter, measured.p99_us);
        keep(one.counters, goal_counter, to.goals);
        std::cerr << padded(name, 56, true) << padded(readable(measured.values.back()), 12) << ' ' << unit;
        for (const auto& [label, counter] : one.counters)
            if (label != rate_counter && label != value_counter)
                std::cerr << "  " << label << ' ' << fixed(counter);
        std::cerr << '\n';
    }
}

outcome figures::outcome_of(const row& from)
{
    outcome made{&from.what,
                 median(from.ours.values),
                 median(from.floor.values),
                 0,
                 median(from.ours.p50_us),
                 median(from.ours.p99_us),
                 median(from.floor.p50_us),
                 median(from.floor.p99_us),
                 {}};
    made.ratio = quotient(made.value, made.floor);
    for (const goal& one : from.what.goals)
    {
        verdict passed{one, 0, false};
        if (one.limit == 0)
            passed.what.limit = median(from.goals);
        const std::array reached{made.value, made.ratio, made.p99_us, quotient(made.p99_us, made.floor_p99_us)};
        passed.reached = reached[static_cast<std::size_t>(one.of)];
        passed.met = passed.what.met_by(passed.reached);
        made.verdicts.push_back(passed);
    }
    return made;
}

std::vector<outcome> figures::outcomes() const
{
    std::vector<outcome> made;
    for (const row& one : rows_)
        if (!one.ours.values.empty())
            made.push_back(outcome_of(one));
    return made;
}
}
