#include "feature/webhook_address.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace everstep::core
{
namespace
{
namespace ip = boost::asio::ip;

struct v4_net
{
    std::uint32_t begin;
    unsigned bits;
};

constexpr std::uint32_t v4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) { return a << 24U | b << 16U | c << 8U | d; }

/// IANA IPv4 Special-Purpose Address Registry, multicast, class E, and one address that a cloud gives another meaning.
constexpr std::array special_v4{
    v4_net{v4(0, 0, 0, 0), 8},        // this network
    v4_net{v4(10, 0, 0, 0), 8},       // private
    v4_net{v4(100, 64, 0, 0), 10},    // carrier-grade NAT; a cloud's metadata at 100.100.100.200
    v4_net{v4(127, 0, 0, 0), 8},      // loopback
    v4_net{v4(168, 63, 129, 16), 32}, // Azure's host, from inside of it
    v4_net{v4(169, 254, 0, 0), 16},   // link-local; clouds' metadata at 169.254.169.254
    v4_net{v4(172, 16, 0, 0), 12},    // private
    v4_net{v4(192, 0, 0, 0), 24},     // protocol assignments
    v4_net{v4(192, 0, 2, 0), 24},     // documentation
    v4_net{v4(192, 31, 196, 0), 24},  // AS112
    v4_net{v4(192, 52, 193, 0), 24},  // automatic multicast tunnels
    v4_net{v4(192, 88, 99, 0), 24},   // 6to4 relays
    v4_net{v4(192, 168, 0, 0), 16},   // private
    v4_net{v4(192, 175, 48, 0), 24},  // AS112
    v4_net{v4(198, 18, 0, 0), 15},    // benchmarks
    v4_net{v4(198, 51, 100, 0), 24},  // documentation
    v4_net{v4(203, 0, 113, 0), 24},   // documentation
    v4_net{v4(224, 0, 0, 0), 4},      // multicast
    v4_net{v4(240, 0, 0, 0), 4},      // reserved; broadcast
};

/// No net that is listed is longer than 64 bits, so the upper half says it all.
struct v6_net
{
    std::uint64_t begin;
    unsigned bits;
};

constexpr v6_net global_unicast{0x2000'0000'0000'0000, 3};

/// Inside of global unicast. Outside of it nothing is public: ::1, v4-mapped, 64:ff9b::/96, 100::/64, fc00::/7, fe80::/10, fec0::/10…
constexpr std::array special_v6{
    v6_net{0x2001'0000'0000'0000, 23}, // protocol assignments: Teredo, benchmarks, ORCHID…
    v6_net{0x2001'0db8'0000'0000, 32}, // documentation
    v6_net{0x2002'0000'0000'0000, 16}, // 6to4
    v6_net{0x2620'004f'8000'0000, 48}, // AS112
    v6_net{0x3ffe'0000'0000'0000, 16}, // 6bone, given back
    v6_net{0x3fff'0000'0000'0000, 20}, // documentation
};

constexpr bool is_in(std::uint32_t address, const v4_net& net) noexcept { return (address ^ net.begin) >> (32 - net.bits) == 0; }
constexpr bool is_in(std::uint64_t half, const v6_net& net) noexcept { return (half ^ net.begin) >> (64 - net.bits) == 0; }

bool is_public_v4(const ip::address_v4& address) noexcept
{
    const std::uint32_t number = address.to_uint();
    return std::none_of(special_v4.begin(), special_v4.end(), [&](const v4_net& net) { return is_in(number, net); });
}

bool is_public_v6(const ip::address_v6& address) noexcept
{
    if (address.scope_id() != 0) // says on which link, so it is not everybody's
        return false;
    std::uint64_t half = 0;
    const auto bytes = address.to_bytes();
    for (std::size_t i = 0; i < sizeof half; ++i)
        half = half << 8U | bytes[i];
    return is_in(half, global_unicast) &&
           std::none_of(special_v6.begin(), special_v6.end(), [&](const v6_net& net) { return is_in(half, net); });
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_hexadecimal(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower_case(std::string_view text)
{
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), lower);
    return result;
}

/// Domains that are of a network of one's own, or of nobody: RFC 6761, RFC 8375, ICANN, and habit.
constexpr std::array private_domains{"localhost", "local", "localdomain", "internal", "intranet", "private", "lan",  "home",
                                     "corp",      "arpa",  "onion",       "invalid",  "test",     "example", "alt"};

struct refused
{
    std::string why;
};

/// The whole text must be what it says; anything else throws `refused`.
class url_reader
{
public:
    url_reader(std::span<const std::uint16_t> ports, address_rule rule) : ports_(ports), rule_(rule) {}

    webhook_target read(std::string_view url)
    {
        check_characters(url);
        constexpr std::string_view scheme = "https://";
        if (lower_case(url.substr(0, scheme.size())) != scheme)
            throw refused{"it does not begin with https://"};
        url.remove_prefix(scheme.size());
        const std::size_t end = std::min(url.find_first_of("/?"), url.size());
        webhook_target target;
        read_authority(url.substr(0, end), target);
        target.path = url.substr(end);
        check_path(target.path);
        if (!target.path.starts_with('/'))
            target.path.insert(0, 1, '/');
        return target;
    }

private:
    static void check_characters(std::string_view url)
    {
        if (url.size() > url_bytes_max)
            throw refused{"it has more than " + std::to_string(url_bytes_max) + " bytes"};
        for (const char c : url)
        {
            // Not ASCII: a name is written as the network knows it, "xn--…".
            if (c <= ' ' || c > '~')
                throw refused{"it has a space, a control character, or one that is not ASCII"};
            if (std::string_view("\"<>\\^`{|}").find(c) != std::string_view::npos)
                throw refused{std::string("it has a ") + c + ", which no URL has"};
            if (c == '#')
                throw refused{"it has a #: what is behind it is never sent"};
        }
    }

    static void check_path(std::string_view path)
    {
        for (std::size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1))
        {
            if (at + 2 >= path.size() || !is_hexadecimal(path[at + 1]) || !is_hexadecimal(path[at + 2]))
                throw refused{"it has a % without two hexadecimal digits"};
            if (path[at + 1] < '2' || path.substr(at + 1, 2) == "7f" || path.substr(at + 1, 2) == "7F")
                throw refused{"it has a control character, written with %"};
        }
    }

    void read_authority(std::string_view authority, webhook_target& target) const
    {
        if (authority.find('@') != std::string_view::npos)
            throw refused{"it has a user name: put what the receiver asks for into a header"};
        const bool bracket = authority.starts_with('[');
        const std::size_t colon = authority.find(':', bracket ? std::min(authority.find(']'), authority.size()) : 0);
        std::string_view host = authority.substr(0, colon);
        if (colon != std::string_view::npos)
            target.port = read_port(authority.substr(colon + 1));
        if (std::find(ports_.begin(), ports_.end(), target.port) == ports_.end())
            throw refused{"port " + std::to_string(target.port) + " is not among those of the endpoint"};
        if (bracket)
            read_v6(host, target);
        else
            read_name(lower_case(host), target);
        if (target.address && !may_connect(*target.address, rule_))
            throw refused{target.host + " is not an address of the public internet"};
    }

    static std::uint16_t read_port(std::string_view text)
    {
        std::uint16_t port = 0;
        const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
        if (failure != std::errc{} || end != text.data() + text.size() || text.front() == '0')
            throw refused{"its port is no number from 1 to 65535"};
        return port;
    }

    static void read_v6(std::string_view host, webhook_target& target)
    {
        if (!host.ends_with(']'))
            throw refused{"its [ has no ] where one belongs"};
        const std::string text(host.substr(1, host.size() - 2));
        boost::system::error_code failure;
        const ip::address_v6 address = ip::make_address_v6(text, failure);
        if (failure || text.find('%') != std::string::npos)
            throw refused{"between [ and ] there is no IPv6 address"};
        target.host = address.to_string();
        target.address = address;
    }

    void read_name(std::string host, webhook_target& target) const
    {
        if (host.empty() || host.size() > 253)
            throw refused{"its host is empty, or has more than 253 characters"};
        std::string_view last;
        std::size_t labels = 0;
        for (std::string_view rest = host; true; ++labels)
        {
            const std::size_t dot = std::min(rest.find('.'), rest.size());
            last = rest.substr(0, dot);
            check_label(last);
            if (dot == rest.size())
                break;
            rest.remove_prefix(dot + 1);
        }
        ++labels;
        target.host = host;
        if (is_digit(last.front())) // no top-level domain begins so, but addresses do, and what old functions take for one
            target.address = read_v4(host);
        else if (rule_ == address_rule::public_only)
            check_domain(last, labels);
    }

    static void check_label(std::string_view label)
    {
        if (label.empty() || label.size() > 63)
            throw refused{"its host has an empty part, or one of more than 63 characters"};
        if (!std::all_of(label.begin(), label.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '-'; }) ||
            label.front() == '-' || label.back() == '-')
            throw refused{"its host is no name: letters, digits, dots, and hyphens between them"};
        if (label.size() > 3 && label.substr(2, 2) == "--" && !label.starts_with("xn"))
            throw refused{"its host has a part with -- that means nothing"};
    }

    static ip::address_v4 read_v4(const std::string& host)
    {
        boost::system::error_code failure;
        const ip::address_v4 address = ip::make_address_v4(host, failure);
        if (failure || address.to_string() != host)
            throw refused{"its host is neither a name nor an address in its usual form, such as 192.0.2.1"};
        return address;
    }

    static void check_domain(std::string_view last, std::size_t labels)
    {
        if (labels < 2)
            throw refused{"its host is a name of one part, which only one's own network knows"};
        if (std::find(private_domains.begin(), private_domains.end(), last) != private_domains.end())
            throw refused{"no host of the public internet is in the domain " + std::string(last)};
    }

    std::span<const std::uint16_t> ports_;
    address_rule rule_;
};
}

std::string webhook_target::authority() const
{
    std::string text = address && address->is_v6() ? "[" + host + "]" : host;
    if (port != https_port)
        text += ":" + std::to_string(port);
    return text;
}

url_reading read_webhook_url(std::string_view url, std::span<const std::uint16_t> ports, address_rule rule)
{
    try
    {
        return {.target = url_reader(ports, rule).read(url), .refusal = {}};
    }
    catch (refused& why)
    {
        return {.target = std::nullopt, .refusal = std::move(why.why)};
    }
}

bool is_public(const ip::address& address) noexcept
{
    return address.is_v4() ? is_public_v4(address.to_v4()) : is_public_v6(address.to_v6());
}

bool may_connect(const ip::address& address, address_rule rule) noexcept
{
    if (rule == address_rule::public_only)
        return is_public(address);
    return !address.is_unspecified() && !address.is_multicast() && address != ip::address(ip::address_v4::broadcast());
}
}
