#include "order_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string_view>

namespace shop
{
namespace
{
enum column
{
    order_id,
    customer_id,
    status,
    purchased_at,
    paid_at,
    handed_to_carrier_at,
    delivered_at,
    estimated_delivery_at,
    columns
};
constexpr std::array<std::string_view, columns> column_names{
    "order_id", "customer_id", "status", "purchased_at", "paid_at", "handed_to_carrier_at", "delivered_at", "estimated_delivery_at"};

constexpr std::size_t id_bytes_max = 255; // everstep's limit for the id of a run

/// Why one row is no order. Stays in this file.
struct broken_row : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

/// For a message: one line, not too long, whatever the file holds.
std::string quoted(std::string text)
{
    constexpr std::size_t longest = 60;
    std::replace_if(text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return "'" + (text.size() > longest ? text.substr(0, longest) + "..." : text) + "'";
}

std::vector<std::string> fields_of(std::string_view line)
{
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i)
    {
        if (quoted && line[i] == '"' && i + 1 < line.size() && line[i + 1] == '"')
            fields.back() += line[i++];
        else if (line[i] == '"')
            quoted = !quoted;
        else if (line[i] == ',' && !quoted)
            fields.emplace_back();
        else
            fields.back() += line[i];
    }
    if (quoted)
        throw broken_row("a quotation mark is not closed");
    return fields;
}

/// "2017-10-02T10:56:00Z"
std::optional<std::chrono::sys_seconds> parsed_time(std::string_view text)
{
    constexpr std::string_view shape = "dddd-dd-ddTdd:dd:ddZ";
    if (text.size() != shape.size())
        return {};
    std::array<int, 6> numbers{};
    for (std::size_t i = 0, part = 0; i < shape.size(); ++i)
    {
        if (shape[i] != 'd' ? text[i] != shape[i] : (text[i] < '0' || text[i] > '9'))
            return {};
        if (shape[i] == 'd')
            numbers[part] = numbers[part] * 10 + (text[i] - '0');
        else
            ++part;
    }
    const auto [year, month, day, hour, minute, second] = numbers;
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok() || year < 1970 || year > 2199 || hour > 23 || minute > 59 || second > 60)
        return {};
    return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
}

order_status parsed_status(const std::string& text)
{
    order_status result{};
    if (!boost::describe::enum_from_string(text.c_str(), result))
        throw broken_row(text.empty() ? "no status" : "unknown status " + quoted(text));
    return result;
}

/// The columns of one file, wherever they stand in it.
class row_reader
{
public:
    row_reader(std::string_view heading, const std::string& name, std::chrono::milliseconds day) : day_(day)
    {
        const auto found = fields_of(heading);
        width_ = found.size();
        for (std::size_t c = 0; c < columns; ++c)
        {
            const auto at = std::find(found.begin(), found.end(), column_names[c]);
            if (at == found.end())
                throw bad_input(name + ": column " + std::string(column_names[c]) + " is missing");
            position_[c] = static_cast<std::size_t>(at - found.begin());
        }
    }

    order read(std::string_view line) const
    {
        const auto fields = fields_of(line);
        if (fields.size() != width_)
            throw broken_row(std::to_string(fields.size()) + " fields instead of " + std::to_string(width_));
        order o;
        o.day = day_;
        o.id = id(fields, order_id);
        o.customer = id(fields, customer_id);
        o.status = parsed_status(fields[position_[status]]);
        const auto purchased = time(fields, purchased_at);
        if (!purchased)
            throw broken_row("no purchased_at");
        o.purchased_at = *purchased;
        o.paid_at = time(fields, paid_at);
        o.handed_to_carrier_at = time(fields, handed_to_carrier_at);
        o.delivered_at = time(fields, delivered_at);
        return o;
    }

private:
    std::string id(const std::vector<std::string>& fields, column which) const
    {
        const auto& text = fields[position_[which]];
        const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
        if (text.empty() || text.size() > id_bytes_max || !printable)
            throw broken_row(std::string(column_names[which]) + " is not 1 to 255 printable characters");
        return text;
    }

    std::optional<std::chrono::sys_seconds> time(const std::vector<std::string>& fields, column which) const
    {
        const auto& text = fields[position_[which]];
        if (text.empty())
            return {};
        const auto result = parsed_time(text);
        if (!result)
            throw broken_row(std::string(column_names[which]) + " " + quoted(text) + " is no time");
        return result;
    }

    std::array<std::size_t, columns> position_{};
    std::size_t width_{};
    std::chrono::milliseconds day_;
};

std::string_view without_line_end(std::string_view line)
{
    return line.substr(0, line.find_last_not_of('\r') + 1);
}

row_reader read_heading(std::istream& in, const std::string& name, std::chrono::milliseconds day)
{
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    std::string heading;
    if (!std::getline(in, heading))
        throw bad_input(name + ": is empty");
    std::string_view text = without_line_end(heading);
    if (text.starts_with(byte_order_mark))
        text.remove_prefix(byte_order_mark.size());
    try
    {
        return {text, name, day};
    }
    catch (const broken_row& why)
    {
        throw bad_input(name + ":1: " + why.what());
    }
}
}

order_list read_orders(std::istream& in, const std::string& name, std::chrono::milliseconds day)
{
    const row_reader reader = read_heading(in, name, day);
    order_list result;
    std::map<std::string, std::size_t> line_of;
    std::string line;
    for (std::size_t number = 2; std::getline(in, line); ++number)
    {
        const std::string_view text = without_line_end(line);
        if (text.empty())
            continue;
        try
        {
            order o = reader.read(text);
            const auto [first, is_new] = line_of.emplace(o.id, number);
            if (!is_new)
                throw broken_row("order " + o.id + " is already on line " + std::to_string(first->second));
            result.orders.push_back(std::move(o));
        }
        catch (const broken_row& why)
        {
            result.skipped.push_back({number, why.what()});
        }
    }
    if (in.bad())
        throw bad_input(name + ": cannot be read");
    return result;
}

order_list read_orders(const std::string& file, std::chrono::milliseconds day)
{
    if (std::filesystem::is_directory(file))
        throw bad_input(file + ": is a directory");
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    if (!in)
        throw bad_input(file + ": " + (errno ? std::strerror(errno) : "cannot be opened"));
    return read_orders(in, file, day);
}
}
