#include "support/report.hpp"

#include "support/text.hpp"

#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <vector>

namespace everstep::bench
{
namespace
{
struct plot_text
{
    plot which;
    const char* file;
    const char* title;
    const char* caption;
};

constexpr std::array plots{
    plot_text{plot::throughput, "throughput", "Throughput over runs in flight",
              "Durable steps a second, by the place of the steps; dashed: raw LMDB with the same records in commits of "
              "the same "
              "size."},
    plot_text{plot::none, "latency", "Latencies",
              "The share of samples above a latency: where a curve crosses 1 % is its p99. Dashed: the floor of the "
              "same colour."},
    plot_text{plot::memory, "memory", "Memory over sleeping runs",
              "Anonymous memory of a process that holds so many runs."},
    plot_text{plot::recovery, "recovery", "Recovery over runs",
              "What a process takes that starts on a journal with so many runs."},
    plot_text{
        plot::growth, "growth", "Growth over entries",
        "Durable steps a second on a journal that holds so many entries of finished runs; dashed: the same on an empty "
        "one."},
    plot_text{plot::page, "page", "Answers of a page over customers at once",
              "Median from the customers' coming, all at the same moment, to their answers: of a page that calls four services "
              "first, and of one that publishes an event to them."},
};

std::ofstream opened(const std::filesystem::path& name)
{
    std::ofstream file(name);
    if (!file)
        throw std::runtime_error("cannot write " + name.string());
    return file;
}

void finish(std::ofstream& file, const std::filesystem::path& name)
{
    if (!file.flush())
        throw std::runtime_error("cannot write " + name.string());
}

std::string title_of(const figure& what) { return what.place.empty() ? what.name : what.name + " " + what.place; }

std::string number_or_none(double value) { return value == 0 ? "NaN" : fixed(value, 4); }

double goal_of(const outcome& one)
{
    for (const verdict& passed : one.verdicts)
        if (passed.what.of == goal::subject::value)
            return passed.what.limit;
    return 0;
}

/// Curves as gnuplot reads them: blocks with a title each, two empty lines between them. Nothing is written where there is none.
class curves
{
public:
    curves(const std::filesystem::path& name, std::string heading) : name_(name), heading_(std::move(heading)) {}

    void begin(const std::string& title) { text_ += (text_.empty() ? "" : "\n\n") + ("\"" + title + "\"\n"); }
    void add(const std::vector<std::string>& row)
    {
        const char* between = "";
        for (const std::string& one : row)
        {
            text_ += between + one;
            between = "\t";
        }
        text_ += '\n';
    }

    bool write() const
    {
        if (text_.empty())
        {
            std::filesystem::remove(name_); // that of a run before would not belong to this table
            return false;
        }
        std::ofstream file = opened(name_);
        file << "# " << heading_ << '\n' << text_;
        finish(file, name_);
        return true;
    }

private:
    std::filesystem::path name_;
    std::string heading_;
    std::string text_;
};

bool write_series(const std::filesystem::path& name, std::span<const outcome> all, plot which)
{
    std::vector<std::string> order;
    std::map<std::string, std::vector<const outcome*>> by_title;
    std::string heading;
    for (const outcome& one : all)
        if (one.what->in == which)
        {
            const std::string title = title_of(*one.what);
            if (!by_title.contains(title))
                order.push_back(title);
            by_title[title].push_back(&one);
            heading = one.what->x_name + "\tours " + one.what->unit + "\tfloor " + one.what->unit + "\tgoal";
        }
    curves to(name, heading);
    for (const std::string& title : order)
    {
        to.begin(title);
        for (const outcome* one : by_title[title])
            to.add({fixed(one->what->x, 0), number_or_none(one->value), number_or_none(one->floor),
                    number_or_none(goal_of(*one))});
    }
    return to.write();
}

double latency_at(const shared_spread& curve, std::size_t point)
{
    return curve && point < curve->points.size() ? curve->points[point].us : 0;
}

bool write_latencies(const std::filesystem::path& name, std::span<const outcome> all)
{
    curves to(name, "share of samples above\tours us\tfloor us");
    for (const outcome& one : all)
    {
        const figure& what = *one.what;
        if (!what.latency || what.latency->points.empty())
            continue;
        to.begin(title_of(what) + (what.x == 0 ? "" : ", " + grouped(what.x) + " " + what.x_name));
        // Both have the same shares; the one with fewer samples ends earlier.
        for (std::size_t i = 0; i < what.latency->points.size(); ++i)
            to.add({fixed(1 - what.latency->points[i].share, 6), number_or_none(latency_at(what.latency, i)),
                    number_or_none(latency_at(what.floor_latency, i))});
    }
    return to.write();
}

std::string goals_of(const outcome& one)
{
    std::string text;
    for (const verdict& passed : one.verdicts)
        text += (text.empty() ? "" : "; ") + text_of(passed, one.what->unit);
    return text;
}

std::string shown(double value) { return value == 0 ? "" : readable(value); }

void write_table(std::ostream& to, std::span<const outcome> all)
{
    to << "| what | place | with | ours | floor | unit | ratio | p50 us | p99 us | goal |\n"
          "|---|---|--:|--:|--:|---|--:|--:|--:|---|\n";
    for (const outcome& one : all)
    {
        const figure& what = *one.what;
        to << "| " << what.name << " | " << what.place << " | "
           << (what.x == 0 ? "" : grouped(what.x) + " " + what.x_name) << " | " << readable(one.value) << " | "
           << shown(one.floor) << " | " << what.unit << " | " << (one.ratio == 0 ? "" : fixed(one.ratio)) << " | "
           << shown(one.p50_us) << " | " << shown(one.p99_us) << " | " << goals_of(one) << " |\n";
    }
}
}

void write_report(const std::string& directory, std::span<const outcome> all, const std::string& machine,
                  const std::string& command)
{
    const std::filesystem::path home(directory);
    std::filesystem::create_directories(home);
    std::size_t goals = 0;
    std::size_t met = 0;
    for (const outcome& one : all)
        for (const verdict& passed : one.verdicts)
        {
            ++goals;
            met += passed.met ? 1 : 0;
        }
    const std::filesystem::path name = home / "report.md";
    std::ofstream to = opened(name);
    to << "# everstep: figures as measured\n\nWhat each row means is in bench/README.md. Every value is the median of "
          "its rounds, ours and "
          "floor in turns.\n\n    "
       << command << "\n\n```\n"
       << machine << "```\n\n"
       << met << " of " << goals << " goals met.\n\n";
    write_table(to, all);
    for (const plot_text& one : plots)
    {
        const std::filesystem::path points = home / (std::string(one.file) + ".tsv");
        const bool any = one.which == plot::none ? write_latencies(points, all) : write_series(points, all, one.which);
        if (any)
            to << "\n## " << one.title << "\n\n![" << one.title << "](" << one.file << ".svg)\n\n"
               << one.caption << " Data: [" << one.file << ".tsv](" << one.file << ".tsv).\n";
    }
    finish(to, name);
}
}
