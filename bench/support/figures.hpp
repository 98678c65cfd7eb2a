#pragma once

// The figures that are measured: each ours and its floor in turns, medians of all rounds. google-benchmark runs and times
// them in the order in which they are added; this collects what it reports.

#include "support/settings.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

namespace everstep::bench
{
struct figure
{
    std::string name;
    std::size_t in_flight{};
    std::string place;
    /// How the ratio is read: rates as ours by floor (1 is the floor's speed), times the other way round.
    enum class comparison
    {
        rate,
        time
    } compares{comparison::rate};
};

/// Counters by which a measurement hands over quantiles of its latency, in microseconds.
inline constexpr const char* p50_counter = "p50_us";
inline constexpr const char* p99_counter = "p99_us";

class figures final : public benchmark::BenchmarkReporter
{
public:
    explicit figures(const settings& chosen) : rounds_(chosen.rounds()) {}

    /// One call measures once: set-up, `for (auto _ : state)` over the work, items processed. What it throws is reported as
    /// the failure of this figure.
    using measurement = std::function<void(benchmark::State&)>;
    void add(figure what, const measurement& ours, const measurement& floor);

    bool ReportContext(const Context&) override { return true; }
    void ReportRuns(const std::vector<Run>& report) override;

    void print_table(std::ostream& to) const;
    void write_json(std::ostream& to) const;
    bool any_failed() const noexcept { return failed_; }

private:
    struct row
    {
        figure what;
        std::vector<double> per_s, floor_per_s, p50_us, p99_us;
        double ratio() const;
    };
    struct side
    {
        std::size_t row;
        bool is_floor;
    };

    int rounds_;
    std::vector<row> rows_;
    std::map<std::string, side> sides_; ///< by the benchmark's name
    bool failed_{};
};
}
