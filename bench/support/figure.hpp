#pragma once

// What one row of the table says: a value of ours, beside a floor where there is one, and what is expected of it.

#include "support/spread.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace everstep::bench
{
/// What a figure has to reach.
struct goal
{
    enum class subject : std::uint8_t
    {
        value,
        ratio,    ///< ours by floor
        p99,      ///< in microseconds
        p99_ratio ///< ours by floor
    } of{subject::value};
    enum class bound : std::uint8_t
    {
        at_least,
        at_most
    } is{bound::at_least};
    /// 0: the measurements hand it over, in goal_counter, because it depends on what else they measured.
    double limit{};

    bool met_by(double reached) const noexcept { return is == bound::at_least ? reached >= limit : reached <= limit; }
};

constexpr goal at_least(double limit, goal::subject of = goal::subject::value)
{
    return {of, goal::bound::at_least, limit};
}
constexpr goal at_most(double limit, goal::subject of = goal::subject::value)
{
    return {of, goal::bound::at_most, limit};
}

/// The plots of the report: a figure is a point in one of them, on the curve of its name and place.
enum class plot : std::uint8_t
{
    none,
    throughput, ///< over runs in flight
    memory,     ///< over runs
    recovery,   ///< over runs
    growth,     ///< over entries
    page        ///< over customers at once
};

struct figure
{
    std::string name;
    /// How many of what it is measured with: 10'000 "in flight", 1'000'000 "runs".
    double x{};
    std::string place{};
    std::string x_name{"in flight"};
    /// Of the value, ours and floor. Where a measurement hands over no value but items processed, a unit of time ("s", "ms",
    /// "us") makes it the time an item took, any other unit items a second.
    std::string unit{"/s"};
    std::vector<goal> goals{};
    plot in{plot::none};
    int rounds{};            ///< 0: as many as the settings say
    shared_spread latency{}; ///< filled by its measurements: a curve among the latencies of the report
    shared_spread floor_latency{};
};

/// Counters by which a measurement hands over its value in the figure's unit, quantiles of its latency in microseconds,
/// and a goal's limit.
inline constexpr const char* value_counter = "value";
inline constexpr const char* p50_counter = "p50_us";
inline constexpr const char* p99_counter = "p99_us";
inline constexpr const char* goal_counter = "goal";

struct verdict
{
    goal what; ///< with its limit filled in
    double reached{};
    bool met{};
};

/// A figure as measured: medians of all rounds; 0 where nothing was handed over.
struct outcome
{
    const figure* what{};
    double value{};
    double floor{};
    double ratio{};
    double p50_us{};
    double p99_us{};
    double floor_p50_us{};
    double floor_p99_us{};
    std::vector<verdict> verdicts;
};

/// "ratio at least 0.80"
std::string text_of(const goal& what, std::string_view unit);
/// "ratio at least 0.80: met"
std::string text_of(const verdict& passed, std::string_view unit);
}
