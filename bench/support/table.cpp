#include "support/table.hpp"

#include "support/text.hpp"

#include <ostream>

namespace everstep::bench
{
namespace
{
std::string subject_name(goal::subject of)
{
    switch (of)
    {
    case goal::subject::ratio:
        return "ratio";
    case goal::subject::p99:
        return "p99_us";
    case goal::subject::p99_ratio:
        return "p99_ratio";
    case goal::subject::value:
        break;
    }
    return "value";
}

std::string shown(double value) { return value == 0 ? "" : readable(value); }

void write_goals(std::ostream& to, const outcome& one)
{
    const char* between = "";
    for (const verdict& passed : one.verdicts)
    {
        to << between << "{\"of\":\"" << subject_name(passed.what.of) << "\",\""
           << (passed.what.is == goal::bound::at_least ? "at_least" : "at_most") << "\":" << fixed(passed.what.limit, 4)
           << ",\"is\":" << fixed(passed.reached, 4) << ",\"met\":" << (passed.met ? "true" : "false") << '}';
        between = ",";
    }
}
}

void print_table(std::ostream& to, std::span<const outcome> all)
{
    to << padded("", 22, true) << padded("place", 11, true) << padded("", 19) << padded("ours", 12)
       << padded("floor", 12) << "  " << padded("", 8, true) << padded("ratio", 7) << padded("p50 us", 11)
       << padded("p99 us", 11) << "  goal\n";
    for (const outcome& one : all)
    {
        const figure& what = *one.what;
        to << padded(what.name, 22, true) << padded(what.place, 11, true)
           << padded(what.x == 0 ? "" : grouped(what.x) + " " + what.x_name, 19) << padded(readable(one.value), 12)
           << padded(shown(one.floor), 12) << "  " << padded(what.unit, 8, true)
           << padded(one.ratio == 0 ? "" : fixed(one.ratio), 7) << padded(shown(one.p50_us), 11)
           << padded(shown(one.p99_us), 11);
        const char* between = "  ";
        for (const verdict& passed : one.verdicts)
        {
            to << between << text_of(passed, what.unit);
            between = "; ";
        }
        to << '\n';
    }
}

void write_json(std::ostream& to, std::span<const outcome> all)
{
    to << '[';
    const char* between = "\n";
    for (const outcome& one : all)
    {
        to << between << "{\"name\":\"" << one.what->name << "\",\"place\":\"" << one.what->place
           << "\",\"x\":" << fixed(one.what->x, 0) << ",\"x_name\":\"" << one.what->x_name << "\",\"unit\":\""
           << one.what->unit << "\",\"value\":" << fixed(one.value, 4) << ",\"floor\":" << fixed(one.floor, 4)
           << ",\"ratio\":" << fixed(one.ratio, 4) << ",\"p50_us\":" << fixed(one.p50_us, 1)
           << ",\"p99_us\":" << fixed(one.p99_us, 1) << ",\"floor_p50_us\":" << fixed(one.floor_p50_us, 1)
           << ",\"floor_p99_us\":" << fixed(one.floor_p99_us, 1) << ",\"goals\":[";
        write_goals(to, one);
        to << "]}";
        between = ",\n";
    }
    to << "\n]\n";
}
}
