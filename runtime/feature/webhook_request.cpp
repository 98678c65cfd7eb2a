#include "feature/webhook_request.hpp"

#include "codec/utf8.hpp"
#include "feature/webhook_address.hpp"
#include "feature/webhook_signature.hpp"

#include <everstep/codec.hpp>
#include <everstep/error.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace everstep::core
{
namespace
{
constexpr std::size_t headers_max = 32;
constexpr std::size_t header_name_bytes_max = 64;
constexpr std::size_t header_value_bytes_max = 4096;
constexpr std::chrono::milliseconds timeout_max = std::chrono::minutes(10);
constexpr std::size_t response_bytes_most = 16u << 20;
constexpr std::chrono::seconds retry_after_max = std::chrono::hours(24 * 30);

constexpr std::string_view hexadecimal = "0123456789ABCDEF";

[[noreturn]] void refuse(const std::string& text) { throw engine_error(errc::bad_value, text); }

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_one_of(char c, std::string_view of) noexcept { return of.find(c) != std::string_view::npos; }

std::string lower_case(std::string_view text)
{
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return result;
}

void append_encoded(std::string& to, char c)
{
    const auto byte = static_cast<unsigned char>(c);
    to.append({'%', hexadecimal[byte >> 4U], hexadecimal[byte & 15U]});
}

/// CloudEvents' HTTP binding, 3.1.3.2: header values are percent-encoded.
std::string header_value_of(std::string_view text)
{
    std::string value;
    for (const char c : text)
    {
        if (c > ' ' && c <= '~' && c != '"' && c != '%')
            value += c;
        else
            append_encoded(value, c);
    }
    return value;
}

/// The source of an event as the URI reference that CloudEvents ask for: what no URI has is percent-encoded. One that is stays as it is.
std::string uri_reference_of(std::string_view source)
{
    std::string value;
    bool in_fragment = false;
    for (std::size_t at = 0; at < source.size(); ++at)
    {
        const char c = source[at];
        const auto is_hexadecimal = [&](std::size_t i) { return i < source.size() && is_one_of(source[i], "0123456789abcdefABCDEF"); };
        const bool escape = c == '%' && is_hexadecimal(at + 1) && is_hexadecimal(at + 2);
        const bool fragment = c == '#' && !in_fragment;
        in_fragment |= fragment;
        if (is_letter(c) || is_digit(c) || is_one_of(c, "-._~:/?@!$&'()*+,;=") || escape || fragment)
            value += c;
        else
            append_encoded(value, c);
    }
    // A ":" in the first part makes what is before it a scheme, which begins with a letter.
    const std::size_t colon = value.find_first_of(":/?#");
    const auto is_scheme = [](std::string_view text) {
        return !text.empty() && is_letter(text.front()) &&
               std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c) || is_one_of(c, "+-."); });
    };
    if (colon != std::string::npos && value[colon] == ':' && !is_scheme(std::string_view(value).substr(0, colon)))
        value.insert(0, "./");
    return value;
}

/// RFC 3339, in UTC, to the microsecond.
std::string timestamp_of(event::time_point time)
{
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::array<char, 64> text{};
    const auto number = [](auto of) { return static_cast<int>(of.count()); };
    const int size = std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
                                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), number(clock.hours()),
                                   number(clock.minutes()), number(clock.seconds()), number(clock.subseconds()));
    return {text.data(), static_cast<std::size_t>(size)};
}

/// CloudEvents' type String: UTF-8 without control characters and noncharacters.
bool is_attribute(std::string_view text) noexcept
{
    if (detail::utf8_error(text) != text.size())
        return false;
    for (std::size_t at = 0; at < text.size(); ++at)
    {
        const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
        if (byte(0) < 0x20 || byte(0) == 0x7f || (byte(0) == 0xc2 && byte(1) < 0xa0))
            return false;
        if (byte(0) == 0xef && ((byte(1) == 0xb7 && byte(2) >= 0x90 && byte(2) <= 0xaf) || (byte(1) == 0xbf && byte(2) >= 0xbe)))
            return false; // U+FDD0 to U+FDEF, U+FFFE, U+FFFF
        if (byte(0) >= 0xf0 && (byte(1) & 0x0fU) == 0x0f && byte(2) == 0xbf && byte(3) >= 0xbe)
            return false; // the last two of every other plane
    }
    return true;
}

struct attribute
{
    std::string_view name;
    std::string value;
};

/// In the order in which they are sent.
std::vector<attribute> attributes_of(const event& what)
{
    std::vector<attribute> all{{"specversion", "1.0"},
                               {"id", what.id},
                               {"source", uri_reference_of(what.source)},
                               {"type", what.type},
                               {"subject", what.subject},
                               {"time", timestamp_of(what.time)},
                               {"partitionkey", what.key},
                               {"traceparent", what.traceparent}};
    for (const attribute& one : all)
    {
        if (!is_attribute(one.value))
            refuse("event " + std::to_string(what.number) + ": its " + std::string(one.name) +
                   " is not UTF-8, or has control characters, which no CloudEvent may have: publish it with another");
        if (one.value.empty() && (one.name == "id" || one.name == "source" || one.name == "type"))
            refuse("event " + std::to_string(what.number) + " has no " + std::string(one.name) + ", which every CloudEvent must have");
    }
    std::erase_if(all, [](const attribute& one) { return one.value.empty(); });
    return all;
}

std::string structured_body(const event& what, const std::vector<attribute>& attributes)
{
    std::string body = "{";
    for (const attribute& one : attributes)
    {
        body.append(1, '"').append(one.name).append("\":");
        encode(one.value, body);
        body += ',';
    }
    body += R"("datacontenttype":"application/json")";
    if (!what.data.empty())
        body.append(R"(,"data":)").append(what.data); // as it is: no number loses a digit
    return body += '}';
}

/// What HTTP, the signature and the event need, and what would make the receiver talk to us in another way.
bool is_ours(std::string_view name) noexcept
{
    static constexpr std::array<std::string_view, 16> names{"host",   "connection",          "keep-alive",         "proxy-connection",
                                                            "te",     "transfer-encoding",   "trailer",            "upgrade",
                                                            "expect", "proxy-authorization", "proxy-authenticate", "accept-encoding",
                                                            "cookie", "cookie2",             "http2-settings",     "alt-used"};
    static constexpr std::array<std::string_view, 4> prefixes{"webhook-", "content-", "ce-", "proxy-"};
    return std::find(names.begin(), names.end(), name) != names.end() ||
           std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) { return name.starts_with(prefix); });
}

void check_header(const webhook_header& header)
{
    const auto is_token = [](char c) { return is_letter(c) || is_digit(c) || is_one_of(c, "!#$%&'*+-.^_`|~"); };
    const auto is_text = [](char c) { return (c >= ' ' && c <= '~') || c == '\t'; };
    const std::string& name = header.name;
    if (name.empty() || name.size() > header_name_bytes_max || !std::all_of(name.begin(), name.end(), is_token))
        refuse("a webhook's header has a name that is none: 1 to 64 letters, digits and hyphens");
    if (is_ours(lower_case(name)))
        refuse("a webhook's header " + name + " is set by everstep, or must not be sent: leave it out");
    // The value may be a secret, so no text quotes it.
    const std::string_view value = header.value;
    if (value.size() > header_value_bytes_max || !std::all_of(value.begin(), value.end(), is_text) ||
        (!value.empty() && (is_one_of(value.front(), " \t") || is_one_of(value.back(), " \t"))))
        refuse("a webhook's header " + name + " has a value that is none: at most 4,096 characters of ASCII, no blank around them");
}

/// A date of HTTP, RFC 9110, 5.6.7. What does not fit leaves it `good` no longer.
class date_reader
{
public:
    explicit date_reader(std::string_view text) : rest_(text) {}

    std::optional<std::chrono::sys_seconds> read(std::chrono::sys_seconds now)
    {
        const std::size_t name = rest_.find_first_of(", ");
        const bool comma = name != std::string_view::npos && rest_[name] == ',';
        rest_.remove_prefix(std::min(name, rest_.size())); // the day of the week, which says nothing new
        comma ? read_from_day(now) : read_from_month();
        const std::chrono::year_month_day date(year_, month_, day_);
        if (!good_ || !rest_.empty() || !date.ok() || clock_ >= std::chrono::hours(24))
            return std::nullopt;
        return std::chrono::sys_days(date) + clock_;
    }

private:
    /// ", 06 Nov 1994 08:49:37 GMT", and the old ", 06-Nov-94 08:49:37 GMT".
    void read_from_day(std::chrono::sys_seconds now)
    {
        skip(", ");
        day_ = std::chrono::day(number(2));
        const bool old = rest_.starts_with('-');
        skip(old ? "-" : " ");
        read_month();
        skip(old ? "-" : " ");
        year_ = std::chrono::year(static_cast<int>(number(old ? 2 : 4)));
        if (old)
            year_ = nearest(year_, std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(now)).year());
        skip(" ");
        read_clock();
        skip(" GMT");
    }
    /// " Nov  6 08:49:37 1994".
    void read_from_month()
    {
        skip(" ");
        read_month();
        skip(" ");
        const bool one_digit = rest_.starts_with(' ');
        skip(one_digit ? " " : "");
        day_ = std::chrono::day(number(one_digit ? 1 : 2));
        skip(" ");
        read_clock();
        skip(" ");
        year_ = std::chrono::year(static_cast<int>(number(4)));
    }
    /// Of two digits: what seems to be more than 50 years ahead was in the century before.
    static std::chrono::year nearest(std::chrono::year two_digits, std::chrono::year now)
    {
        const int century = static_cast<int>(now) / 100 * 100;
        const int year = century + static_cast<int>(two_digits);
        return std::chrono::year(year > static_cast<int>(now) + 50 ? year - 100 : year);
    }
    void read_month()
    {
        constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
        const std::size_t at = rest_.size() < 3 ? std::string_view::npos : names.find(rest_.substr(0, 3));
        good_ = good_ && at != std::string_view::npos && at % 3 == 0;
        month_ = std::chrono::month(static_cast<unsigned>(at / 3 + 1));
        rest_.remove_prefix(std::min<std::size_t>(3, rest_.size()));
    }
    void read_clock()
    {
        const std::chrono::hours hours(number(2));
        skip(":");
        const std::chrono::minutes minutes(number(2));
        skip(":");
        const std::chrono::seconds seconds(number(2));
        good_ = good_ && minutes < std::chrono::hours(1) && seconds <= std::chrono::minutes(1); // 60: a leap second
        clock_ = hours + minutes + seconds;
    }
    unsigned number(std::size_t digits)
    {
        const std::string_view text = rest_.substr(0, digits);
        good_ = good_ && text.size() == digits && std::all_of(text.begin(), text.end(), is_digit);
        unsigned value = 0;
        if (good_)
            std::from_chars(text.data(), text.data() + text.size(), value);
        rest_.remove_prefix(text.size());
        return value;
    }
    void skip(std::string_view text)
    {
        good_ = good_ && rest_.starts_with(text);
        rest_.remove_prefix(std::min(text.size(), rest_.size()));
    }

    std::string_view rest_;
    std::chrono::year year_{};
    std::chrono::month month_{};
    std::chrono::day day_{};
    std::chrono::seconds clock_{};
    bool good_{true};
};
}

webhook_request make_webhook_request(const event& what, std::string_view message_id, const webhook_endpoint& to,
                                     std::chrono::sys_seconds now)
{
    if (!is_message_id(message_id))
        refuse("a webhook's id has 1 to 255 visible characters of ASCII, and no dot");
    const std::vector<attribute> attributes = attributes_of(what);
    webhook_request made;
    if (to.mode == webhook_mode::structured)
    {
        made.body = structured_body(what, attributes);
        made.headers.push_back({"content-type", "application/cloudevents+json; charset=utf-8"});
    }
    else
    {
        made.body = what.data;
        made.headers.push_back({"content-type", "application/json"});
        for (const attribute& one : attributes)
            made.headers.push_back({"ce-" + std::string(one.name), header_value_of(one.value)});
    }
    const std::string timestamp = std::to_string(now.time_since_epoch().count());
    made.headers.push_back({"webhook-id", std::string(message_id)});
    made.headers.push_back({"webhook-timestamp", timestamp});
    made.headers.push_back({"webhook-signature", webhook_signatures(to, signed_text(message_id, timestamp, made.body))});
    made.headers.insert(made.headers.end(), to.headers.begin(), to.headers.end());
    return made;
}

webhook_answer read_answer(unsigned status, std::string_view retry_after, std::chrono::sys_seconds now)
{
    webhook_answer answer{.outcome = webhook_outcome::try_again, .status = status, .text = "answered " + std::to_string(status)};
    if (status >= 200 && status <= 299)
    {
        answer.outcome = webhook_outcome::delivered;
        return answer;
    }
    answer.retry_after = read_retry_after(retry_after, now);
    if (status >= 300 && status <= 399)
        answer.text += ": redirects are not followed, give the endpoint its new URL";
    else if (status == 410)
        answer.outcome = webhook_outcome::gone;
    else if (status == 429 || status == 502 || status == 503 || status == 504)
        answer.outcome = webhook_outcome::throttle;
    return answer;
}

std::optional<std::chrono::seconds> read_retry_after(std::string_view value, std::chrono::sys_seconds now)
{
    constexpr std::chrono::seconds none(0);
    if (!value.empty() && std::all_of(value.begin(), value.end(), is_digit))
    {
        std::int64_t seconds = 0;
        const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), seconds);
        return failure == std::errc{} ? std::min(std::chrono::seconds(seconds), retry_after_max) : retry_after_max;
    }
    const std::optional<std::chrono::sys_seconds> date = date_reader(value).read(now);
    if (!date)
        return std::nullopt;
    return std::clamp(*date - now, none, retry_after_max);
}
}

namespace everstep::inline v0
{
void check_webhook(const webhook_endpoint& endpoint)
{
    const auto rule = endpoint.allow_private_addresses ? core::address_rule::any : core::address_rule::public_only;
    if (const core::url_reading reading = core::read_webhook_url(endpoint.url, endpoint.ports, rule); !reading.target)
        core::refuse("a webhook's URL is refused: " + reading.refusal);
    if (endpoint.timeout <= std::chrono::milliseconds(0) || endpoint.timeout > core::timeout_max)
        core::refuse("a webhook's timeout is 1 ms to 10 minutes; 15 to 30 seconds are usual");
    if (endpoint.response_bytes_max > core::response_bytes_most)
        core::refuse("a webhook's answer is never kept: response_bytes_max is at most 16 MiB");
    if (endpoint.headers.size() > core::headers_max)
        core::refuse("a webhook has at most 32 headers of its own");
    for (const webhook_header& header : endpoint.headers)
        core::check_header(header);
}
}
