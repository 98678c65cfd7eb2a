#include "figures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ostream>
#include <string_view>
#include <utility>

namespace shop
{
namespace
{
using count = std::pair<const char*, std::uint64_t figures::*>;
constexpr std::array counts{
    count{"orders_read", &figures::orders_read},
    count{"orders_skipped", &figures::orders_skipped},
    count{"paid", &figures::paid},
    count{"declined", &figures::declined},
    count{"delivered", &figures::delivered},
    count{"compensated", &figures::compensated},
    count{"open", &figures::open},
    count{"kills", &figures::kills},
    count{"lost_acknowledged", &figures::lost_acknowledged},
    count{"double_effects", &figures::double_effects},
    count{"repeated_calls", &figures::repeated_calls},
    count{"recorded_steps_rerun", &figures::recorded_steps_rerun},
};

std::string number(const std::optional<double>& value, const char* none)
{
    if (!value)
        return none;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3f", *value);
    return text.data();
}

/// Nearest rank: the smallest value that at least this share of all does not exceed.
double rank(const std::vector<double>& sorted, double share)
{
    const auto position = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    return sorted[std::max<std::size_t>(position, 1) - 1];
}

void print_row(std::ostream& out, std::string_view name, const std::string& value)
{
    out << "  " << name << std::string(name.size() < 24 ? 24 - name.size() : 1, ' ') << value << '\n';
}
}

spread spread::of(std::vector<double> values)
{
    if (values.empty())
        return {};
    std::sort(values.begin(), values.end());
    return {rank(values, 0.5), rank(values, 0.99), values.back()};
}

void print_table(std::ostream& out, const figures& f)
{
    for (const auto& [name, member] : counts)
        print_row(out, name, std::to_string(f.*member));
    print_row(out, "answer_ms", "p50 " + number(f.answer.p50, "-") + "  p99 " + number(f.answer.p99, "-"));
    print_row(out, "synchronous_ms", "p50 " + number(f.synchronous.p50, "-") + "  p99 " + number(f.synchronous.p99, "-"));
    print_row(out, "recovery_ms", "p50 " + number(f.recovery.p50, "-") + "  max " + number(f.recovery.max, "-"));
    print_row(out, "journal_bytes", std::to_string(f.journal_bytes));
    out << std::flush;
}

std::string to_json(const figures& f)
{
    const auto pair = [](const char* name, const char* first, const std::optional<double>& a, const char* second,
                         const std::optional<double>& b) {
        return std::string(",\n  \"") + name + "\": {\"" + first + "\": " + number(a, "null") + ", \"" + second +
               "\": " + number(b, "null") + "}";
    };
    std::string text = "{";
    for (const auto& [name, member] : counts)
        text += std::string(text.size() == 1 ? "\n" : ",\n") + "  \"" + name + "\": " + std::to_string(f.*member);
    text += pair("answer_ms", "p50", f.answer.p50, "p99", f.answer.p99);
    text += pair("synchronous_ms", "p50", f.synchronous.p50, "p99", f.synchronous.p99);
    text += pair("recovery_ms", "p50", f.recovery.p50, "max", f.recovery.max);
    text += ",\n  \"journal_bytes\": " + std::to_string(f.journal_bytes) + "\n}\n";
    return text;
}
}
