#pragma once

// The signature of Standard Webhooks 1.0, symmetric kind: "v1," and the base64 of HMAC-SHA256 over "{id}.{timestamp}.{body}".

#include <everstep/webhook.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace everstep::core
{
using webhook_digest = std::array<std::byte, 32>;

inline constexpr std::size_t message_id_bytes_max = 255;

/// Throws std::bad_alloc.
webhook_digest hmac_sha256(std::span<const std::byte> key, std::string_view text);

/// What is signed. The id and the timestamp have no dots, so no other id, timestamp and body make the same text.
std::string signed_text(std::string_view id, std::string_view timestamp, std::string_view body);

/// 1 to 255 visible ASCII characters, none of them a dot.
bool is_message_id(std::string_view id) noexcept;

/// "v1,…".
std::string webhook_signature(const webhook_secret& secret, std::string_view text);

/// The header's value: the signature, and behind a space that of the former secret while the secret is changed.
std::string webhook_signatures(const webhook_endpoint& endpoint, std::string_view text);
}
