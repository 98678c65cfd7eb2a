#pragma once

// The figures that are measured: each ours and its floor in turns, medians of all rounds. google-benchmark runs and times
// them in the order in which they are added; this collects what it reports.

#include "support/figure.hpp"
#include "support/settings.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace everstep::bench
{
class figures final : public benchmark::BenchmarkReporter
{
public:
    explicit figures(const settings& chosen) : rounds_(chosen.rounds()) {}

    /// One call measures once: set-up, `for (auto _ : state)` over the work, items processed or a value. What it throws is
    /// reported as the failure of this figure. Without a floor there is no ratio.
    using measurement = std::function<void(benchmark::State&)>;
    void add(figure what, const measurement& ours, const measurement& floor = {});

    bool ReportContext(const Context&) override { return true; }
    void ReportRuns(const std::vector<Run>& report) override;

    /// Of the figures that were measured, in the order in which they were added. They point into this object.
    std::vector<outcome> outcomes() const;
    bool any_failed() const noexcept { return failed_; }

private:
    struct samples
    {
        std::vector<double> values, p50_us, p99_us;
    };
    struct row
    {
        figure what;
        samples ours, floor;
        std::vector<double> goals;
    };
    struct side
    {
        std::size_t row;
        bool is_floor;
    };

    static outcome outcome_of(const row& from);

    int rounds_;
    std::vector<row> rows_;
    std::map<std::string, side> sides_; ///< by the benchmark's name
    bool failed_{};
};
}
