#include <everstep/event_filter.hpp>

#include "codec/thread_spare.hpp"
#include "codec/token_row.hpp"
#include "feature/filter_match.hpp"

#include <everstep/detail/codec_kind.hpp>
#include <everstep/error.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>
#include <system_error>

namespace everstep::inline v0
{
namespace
{
using namespace detail;

constexpr std::size_t text_bytes_max = 255;
constexpr std::size_t conditions_max = 150;
constexpr std::size_t levels_max = 32;

constexpr std::array<std::pair<std::string_view, const std::string event::*>, 6> attributes{{{"topic", &event::topic},
                                                                                             {"id", &event::id},
                                                                                             {"source", &event::source},
                                                                                             {"type", &event::type},
                                                                                             {"subject", &event::subject},
                                                                                             {"key", &event::key}}};

template <class Number>
bool parse(std::string_view text, Number& number) noexcept
{
    return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{};
}

std::optional<filter_number> number_of(const token& at) noexcept
{
    if (at.kind() == token_kind::integer)
    {
        std::int64_t whole{};
        if (parse(at.text(), whole))
            return filter_number(whole);
        std::uint64_t large{};
        parse(at.text(), large); // the tokenizer saw that it fits
        return filter_number(large);
    }
    double real{};
    if (at.kind() == token_kind::real && parse(at.text(), real))
        return filter_number(real);
    return std::nullopt;
}

// Evaluation.

bool is_any_of(const std::vector<filter_value>& values, const token& at) noexcept
{
    const bool is_bool = at.kind() == token_kind::yes || at.kind() == token_kind::no;
    const bool is_text = at.kind() == token_kind::text;
    const std::optional<filter_number> number = number_of(at);
    return std::any_of(values.begin(), values.end(), [&](const filter_value& value) {
        if (const auto* text = std::get_if<std::string>(&value.held()))
            return is_text && *text == at.text();
        if (const auto* wanted = std::get_if<filter_number>(&value.held()))
            return number && compare(*number, *wanted) == 0;
        return is_bool && *std::get_if<bool>(&value.held()) == (at.kind() == token_kind::yes);
    });
}

bool is_within(const filter_condition& wanted, const token& at) noexcept
{
    const std::optional<filter_number> number = number_of(at);
    return number && (!wanted.low || compare(*number, *wanted.low) >= 0) && (!wanted.high || compare(*number, *wanted.high) < 0);
}

/// Of anything but an array.
bool is_met(const filter_condition& wanted, const token& at) noexcept
{
    switch (wanted.kind)
    {
    case condition_kind::any_of:
        return is_any_of(wanted.values, at);
    case condition_kind::prefix:
        return at.kind() == token_kind::text && at.text().starts_with(*std::get_if<std::string>(&wanted.values.front().held()));
    case condition_kind::range:
        return is_within(wanted, at);
    case condition_kind::exists:
        break;
    }
    const bool can_be_empty = at.kind() == token_kind::text || at.kind() == token_kind::object;
    return at.kind() != token_kind::null && !(can_be_empty && at.size == 0);
}

/// No deeper than the body is, and that is at most depth_max: each call is for what lies inside.
bool is_met_below(const token* at, std::span<const std::string> path, const filter_condition& wanted) noexcept
{
    if (at->kind() == token_kind::array)
    {
        const token* element = at + 1;
        for (std::uint32_t left = at->size; left != 0; --left, element += element->span())
            if (is_met_below(element, path, wanted))
                return true;
        return false;
    }
    if (path.empty())
        return is_met(wanted, *at);
    if (at->kind() != token_kind::object)
        return false;
    const token* name = at + 1;
    for (std::uint32_t left = at->size; left != 0; --left)
    {
        const token* value = name + 1;
        if (name->text() == path.front() && is_met_below(value, path.subspan(1), wanted))
            return true;
        name = value + value->span();
    }
    return false;
}

bool is_met_in(const filter_condition& wanted, const event& one, core::event_body& body) noexcept
{
    if (wanted.attribute != nullptr)
    {
        const std::string& text = one.*wanted.attribute;
        return is_met(wanted, token{text.data(), static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(token_kind::text)});
    }
    const token* root = body.get();
    return root != nullptr && is_met_below(root, wanted.path, wanted);
}

/// No deeper than levels_max.
bool matches_node(const filter_node& node, const event& one, core::event_body& body) noexcept
{
    if (node.kind == node_kind::condition)
        return is_met_in(*node.condition, one, body) != node.negated;
    const bool settles = node.kind == node_kind::any;
    for (const bool asks_body : {false, true})
        for (const filter_node& child : node.children)
            if (child.asks_body == asks_body && matches_node(child, one, body) == settles)
                return settles != node.negated;
    return settles == node.negated;
}

// For people.

std::string text_of(const filter_number& number)
{
    std::array<char, 32> digits{};
    return std::visit(
        [&](auto value) { return std::string(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr); },
        number.held());
}

/// In quotes, on one line: a quote is doubled, a control character is its number.
std::string quoted(std::string_view text)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string quoted = "'";
    for (const char c : text)
    {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f)
            quoted.append("\\x").append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
        else
            quoted.append(c == '\'' || c == '\\' ? 2 : 1, c);
    }
    return quoted + '\'';
}

std::string text_of(const filter_value& value)
{
    if (const auto* const text = std::get_if<std::string>(&value.held()))
        return quoted(*text);
    if (const auto* const number = std::get_if<filter_number>(&value.held()))
        return text_of(*number);
    return *std::get_if<bool>(&value.held()) ? "true" : "false";
}

std::string text_of(const filter_condition& condition)
{
    switch (condition.kind)
    {
    case condition_kind::exists:
        return condition.name + " exists";
    case condition_kind::prefix:
        return condition.name + " begins with " + text_of(condition.values.front());
    case condition_kind::range:
        if (!condition.high)
            return condition.name + " >= " + text_of(*condition.low);
        if (!condition.low)
            return condition.name + " < " + text_of(*condition.high);
        return condition.name + " in [" + text_of(*condition.low) + ", " + text_of(*condition.high) + ")";
    case condition_kind::any_of:
        break;
    }
    if (condition.values.size() == 1)
        return condition.name + " = " + text_of(condition.values.front());
    std::string text = condition.name + " in {";
    for (const filter_value& value : condition.values)
        text += (&value == condition.values.data() ? "" : ", ") + text_of(value);
    return text + "}";
}

std::string text_of(const filter_node& node)
{
    if (node.kind == node_kind::condition)
        return (node.negated ? "not " : "") + text_of(*node.condition);
    if (node.children.empty())
        return node.negated ? "any event" : "no event";
    std::string text;
    for (const filter_node& child : node.children)
    {
        if (!text.empty())
            text += node.kind == node_kind::all ? " and " : " or ";
        const bool in_brackets = child.kind != node_kind::condition && !child.negated && !child.children.empty();
        text += in_brackets ? "(" + text_of(child) + ")" : text_of(child);
    }
    return node.negated ? "not (" + text + ")" : text;
}

// Building.

[[noreturn]] void refuse(errc why, std::string_view name, const std::string& text)
{
    throw engine_error(why, "filter on '" + std::string(name.substr(0, text_bytes_max)) + "': " + text);
}

/// "~1" is "/" and "~0" is "~", as in a JSON pointer.
std::string unescape(std::string_view name, std::string_view part)
{
    std::string member;
    for (std::size_t at = 0; at < part.size(); ++at)
    {
        if (part[at] != '~')
            member += part[at];
        else if (part.substr(at).starts_with("~0") || part.substr(at).starts_with("~1"))
            member += part[++at] == '0' ? '~' : '/';
        else
            refuse(errc::wrong_use, name, "in a JSON pointer '~' is written '~0', and '/' in a name '~1'");
    }
    return member;
}

/// `rest` is what follows `data`.
std::vector<std::string> path_of(std::string_view name, std::string_view rest)
{
    std::vector<std::string> path;
    const bool pointer = rest.starts_with(":/");
    if (!rest.empty() && !pointer && rest.front() != '.')
        refuse(errc::wrong_use, name, "a path into the body is data, data.member.member or data:/member/member");
    if (!pointer && rest.find_first_of("[]*") != std::string_view::npos)
        refuse(errc::wrong_use, name, "arrays need no index, any element counts; write data:/a[b] for a member with such a name");
    rest.remove_prefix(std::min<std::size_t>(rest.size(), pointer ? 1 : 0));
    while (!rest.empty())
    {
        rest.remove_prefix(1);
        const std::string_view part = rest.substr(0, rest.find(pointer ? '/' : '.'));
        if (part.empty() && !pointer)
            refuse(errc::wrong_use, name, "the path has a member without a name");
        path.push_back(pointer ? unescape(name, part) : std::string(part));
        rest.remove_prefix(part.size());
    }
    if (path.size() > static_cast<std::size_t>(depth_max))
        refuse(errc::limit, name, "a path of " + std::to_string(path.size()) + " members: 32 are allowed, no body is deeper");
    return path;
}

filter_condition condition_on(condition_kind kind, std::string_view name)
{
    if (name.size() > text_bytes_max)
        refuse(errc::limit, name, "the name has " + std::to_string(name.size()) + " bytes, 255 are allowed");
    filter_condition made{.kind = kind, .name = std::string(name)};
    const auto* const found = std::find_if(attributes.begin(), attributes.end(), [&](const auto& each) { return each.first == name; });
    if (found != attributes.end())
        made.attribute = found->second;
    else if (name.starts_with("data"))
        made.path = path_of(name, name.substr(4));
    else
        refuse(errc::wrong_use, name, "no such attribute: there are topic, id, source, type, subject and key, and data for the body");
    return made;
}

void check(const filter_condition& on, const filter_number& number)
{
    if (on.attribute != nullptr)
        refuse(errc::wrong_use, on.name, "an attribute is a text and equals no number: give a text, or a path into data");
    const auto* const real = std::get_if<double>(&number.held());
    if (real != nullptr && !std::isfinite(*real))
        refuse(errc::wrong_use, on.name, "compare with a finite number; at_least and below have one end only");
}

void check(const filter_condition& on, const filter_value& value)
{
    if (const auto* const number = std::get_if<filter_number>(&value.held()))
        check(on, *number);
    else if (const auto* const text = std::get_if<std::string>(&value.held()))
    {
        if (text->empty())
            refuse(errc::wrong_use, on.name, "an empty text counts as not there: use !exists");
        if (text->size() > text_bytes_max)
            refuse(errc::limit, on.name, "a text of " + std::to_string(text->size()) + " bytes, 255 are allowed");
    }
    else if (on.attribute != nullptr)
        refuse(errc::wrong_use, on.name, "an attribute is a text and equals no bool: give a text, or a path into data");
}

event_filter filter_of(filter_condition condition)
{
    filter_node made{.kind = node_kind::condition};
    made.asks_body = condition.attribute == nullptr;
    made.conditions = std::max<std::size_t>(condition.values.size(), 1);
    if (made.conditions > conditions_max)
        refuse(errc::limit, condition.name, std::to_string(made.conditions) + " values, 150 are allowed");
    made.condition = std::move(condition);
    return event_filter(std::make_shared<const filter_node>(std::move(made)));
}

event_filter within(std::string_view name, std::optional<filter_number> low, std::optional<filter_number> high)
{
    filter_condition made = condition_on(condition_kind::range, name);
    if (low)
        check(made, *low);
    if (high)
        check(made, *high);
    if (low && high && compare(*low, *high) >= 0)
        refuse(errc::wrong_use, name, "a range from " + text_of(*low) + " to below " + text_of(*high) + " holds nothing");
    made.low = low;
    made.high = high;
    return filter_of(std::move(made));
}

/// Children of the same kind become children of the new node: a chain of && is one level, however long.
void append(filter_node& to, const filter_node& child)
{
    if (child.kind == to.kind && !child.negated)
        to.children.insert(to.children.end(), child.children.begin(), child.children.end());
    else
        to.children.push_back(child);
}

filter_node join(node_kind kind, const filter_node& left, const filter_node& right)
{
    filter_node made{.kind = kind, .asks_body = left.asks_body || right.asks_body, .conditions = left.conditions + right.conditions};
    if (made.conditions > conditions_max)
        throw engine_error(errc::limit, "a filter of " + std::to_string(made.conditions) + " conditions, any_of counts its values: 150 are allowed");
    append(made, left);
    append(made, right);
    if (made.children.size() == 1) // the other side was no event
        return filter_node(made.children.front());
    for (const filter_node& child : made.children)
        made.depth = std::max(made.depth, child.depth + 1);
    if (made.depth > levels_max)
        throw engine_error(errc::limit, "a filter of " + std::to_string(made.depth) + " levels of && in || in &&: 32 are allowed");
    return made;
}
}

event_filter event_filter::all_of(const event_filter& left, const event_filter& right)
{
    if (left.root() == nullptr || right.root() == nullptr)
        return left.root() == nullptr ? right : left;
    return event_filter(std::make_shared<const filter_node>(join(node_kind::all, *left.root(), *right.root())));
}

event_filter event_filter::one_of(const event_filter& left, const event_filter& right)
{
    if (left.root() == nullptr || right.root() == nullptr)
        return {};
    return event_filter(std::make_shared<const filter_node>(join(node_kind::any, *left.root(), *right.root())));
}

event_filter event_filter::operator!() const
{
    // Of nothing, any is none.
    filter_node made = root_ == nullptr ? filter_node{.kind = node_kind::any, .negated = true} : *root_;
    made.negated = !made.negated;
    return event_filter(std::make_shared<const filter_node>(std::move(made)));
}

bool event_filter::matches(const event& one) const noexcept
{
    core::event_body body(one.data);
    return core::matches(*this, one, body);
}

std::string event_filter::text() const { return root_ == nullptr ? "any event" : text_of(*root_); }

namespace filters
{
event_filter equal(std::string_view name, filter_value value) { return any_of(name, {std::move(value)}); }

event_filter any_of(std::string_view name, std::vector<filter_value> values)
{
    filter_condition made = condition_on(condition_kind::any_of, name);
    if (values.empty())
        refuse(errc::wrong_use, name, "any_of nothing is never met: give values");
    for (const filter_value& value : values)
        check(made, value);
    made.values = std::move(values);
    return filter_of(std::move(made));
}

event_filter prefix(std::string_view name, std::string_view begin)
{
    filter_condition made = condition_on(condition_kind::prefix, name);
    made.values.emplace_back(begin);
    check(made, made.values.front());
    return filter_of(std::move(made));
}

event_filter exists(std::string_view name) { return filter_of(condition_on(condition_kind::exists, name)); }

event_filter range(std::string_view name, filter_number low, filter_number high) { return within(name, low, high); }
event_filter at_least(std::string_view name, filter_number low) { return within(name, low, std::nullopt); }
event_filter below(std::string_view name, filter_number high) { return within(name, std::nullopt, high); }
}
}

namespace everstep::core
{
event_body::event_body(std::string_view json) noexcept : json_(json) {}

event_body::~event_body()
{
    if (storage_ != nullptr && storage_->is_worth_keeping())
        detail::thread_spare<detail::reader_storage>::give(std::move(storage_));
}

const detail::token* event_body::get() noexcept
{
    if (!std::exchange(parsed_, true))
    {
        storage_ = detail::thread_spare<detail::reader_storage>::take();
        detail::codec_trouble why;
        if (storage_->fill(json_, why))
            root_ = storage_->row();
    }
    return root_;
}

bool matches(const event_filter& wanted, const event& one, event_body& body) noexcept
{
    return wanted.root() == nullptr || matches_node(*wanted.root(), one, body);
}
}
