#pragma once

// Where a webhook may go: what a URL says, read without mercy, and which addresses are of the public internet.
//
// A URL has one meaning here or none. What browsers and C libraries still make an address of (2130706433, 0x7f.1, 0177.0.0.1, 127.1) is
// refused, and so is every name that only looks like one; and all that parsers are known to read in two ways.

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace everstep::core
{
inline constexpr std::size_t url_bytes_max = 2048;
inline constexpr std::uint16_t https_port = 443;

enum class address_rule : std::uint8_t
{
    public_only,
    any ///< webhook_endpoint::allow_private_addresses
};

struct webhook_target
{
    std::string host; ///< in lower case; of a v6 address without its brackets
    std::uint16_t port{https_port};
    std::string path; ///< and query, from the "/" on
    std::optional<boost::asio::ip::address> address; ///< the host, where it is one

    /// The value of the header "host".
    std::string authority() const;
};

struct url_reading
{
    std::optional<webhook_target> target;
    std::string refusal; ///< for people; where there is no target
};

url_reading read_webhook_url(std::string_view url, std::span<const std::uint16_t> ports, address_rule rule);

/// Whether it is a unicast address that the whole internet can reach, by IANA's registries of special addresses. v6 addresses that carry a
/// v4 address (mapped, compatible, NAT64, 6to4, Teredo) are none, whatever they carry.
bool is_public(const boost::asio::ip::address& address) noexcept;

/// By the rule; addresses of nobody or of many (unspecified, multicast, broadcast) by none.
bool may_connect(const boost::asio::ip::address& address, address_rule rule) noexcept;
}
