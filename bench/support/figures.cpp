#include "support/figures.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <iostream>
#include <ostream>

namespace everstep::bench
{
namespace
{
double median(std::vector<double> samples)
{
    if (samples.empty())
        return 0;
    std::ranges::sort(samples);
    const std::size_t middle = samples.size() / 2;
    return samples.size() % 2 == 1 ? samples[middle] : (samples[middle - 1] + samples[middle]) / 2;
}

void keep(const benchmark::UserCounters& from, const char* name, std::vector<double>& to)
{
    if (const auto found = from.find(name); found != from.end())
        to.push_back(found->second);
}

/// "1234567" as "1,234,567".
std::string grouped(double value)
{
    std::string text = std::to_string(static_cast<long long>(std::llround(value)));
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
        text.insert(static_cast<std::size_t>(at), ",");
    return text;
}

std::string padded(std::string text, std::size_t width, bool left = false)
{
    const std::string blanks(width > text.size() ? width - text.size() : 0, ' ');
    return left ? text + blanks : blanks + text;
}

std::string fixed(double value, int decimals = 2)
{
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", decimals, value);
    return text;
}
}

void figures::add(figure what, const measurement& ours, const measurement& floor)
{
    const std::string name = what.name + (what.place.empty() ? "" : "/place:" + what.place) +
                             "/in_flight:" + std::to_string(what.in_flight);
    const std::size_t row = rows_.size();
    rows_.push_back({std::move(what), {}, {}, {}, {}});
    for (int round = 1; round <= rounds_; ++round)
        for (const bool is_floor : {false, true})
        {
            const std::string full = name + (is_floor ? "/floor" : "/ours") + "/round:" + std::to_string(round);
            sides_[full] = {row, is_floor};
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
        keep(one.counters, "items_per_second", found->second.is_floor ? to.floor_per_s : to.per_s);
        keep(one.counters, p50_counter, to.p50_us);
        keep(one.counters, p99_counter, to.p99_us);
        std::cerr << padded(name, 52, true) << padded(grouped(one.counters.at("items_per_second")), 12) << " /s";
        for (const auto& [label, counter] : one.counters)
            if (label != "items_per_second")
                std::cerr << "  " << label << ' ' << fixed(counter);
        std::cerr << '\n';
    }
}

double figures::row::ratio() const
{
    const double mine = median(per_s);
    const double floor = median(floor_per_s);
    if (mine == 0 || floor == 0)
        return 0;
    return what.compares == figure::comparison::rate ? mine / floor : floor / mine;
}

void figures::print_table(std::ostream& to) const
{
    to << padded("", 10, true) << padded("place", 7, true) << padded("in flight", 10) << padded("ours /s", 13)
       << padded("floor /s", 13) << padded("ratio", 8) << padded("p50 us", 11) << padded("p99 us", 11) << '\n';
    for (const row& one : rows_)
        if (!one.per_s.empty())
            to << padded(one.what.name, 10, true) << padded(one.what.place, 7, true)
               << padded(grouped(static_cast<double>(one.what.in_flight)), 10) << padded(grouped(median(one.per_s)), 13)
               << padded(grouped(median(one.floor_per_s)), 13) << padded(fixed(one.ratio()), 8)
               << padded(grouped(median(one.p50_us)), 11) << padded(grouped(median(one.p99_us)), 11) << '\n';
}

void figures::write_json(std::ostream& to) const
{
    to << '[';
    const char* between = "\n";
    for (const row& one : rows_)
    {
        if (one.per_s.empty())
            continue;
        to << between << "{\"name\":\"" << one.what.name << "\",\"in_flight\":" << one.what.in_flight << ",\"place\":\""
           << one.what.place << "\",\"per_s\":" << fixed(median(one.per_s), 1)
           << ",\"floor_per_s\":" << fixed(median(one.floor_per_s), 1) << ",\"ratio\":" << fixed(one.ratio(), 4)
           << ",\"p50_us\":" << fixed(median(one.p50_us), 1) << ",\"p99_us\":" << fixed(median(one.p99_us), 1) << '}';
        between = ",\n";
    }
    to << "\n]\n";
}
}
