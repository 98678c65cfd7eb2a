#include "feature/webhook_signature.hpp"

#include "codec/base64.hpp"

#include <everstep/error.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <new>
#include <optional>

namespace everstep::inline v0
{
namespace
{
constexpr std::string_view secret_prefix = "whsec_";
constexpr std::size_t new_secret_bytes = 32;

[[noreturn]] void refuse_secret(const std::string& why)
{
    throw engine_error(errc::bad_value, "a webhook secret is 'whsec_' and the base64 of 24 to 64 bytes; this text " + why);
}
}

webhook_secret::webhook_secret(std::string_view text)
{
    if (!text.starts_with(secret_prefix))
        refuse_secret("does not begin so");
    text.remove_prefix(secret_prefix.size());
    const std::optional<std::size_t> bytes = detail::base64_byte_count(text);
    if (!bytes)
        refuse_secret("is no base64: a part is missing, or its padding");
    if (*bytes < bytes_min || *bytes > bytes_max)
        refuse_secret("has " + std::to_string(*bytes));
    size_ = *bytes;
    if (detail::read_base64(text, bytes_.data()))
        return;
    OPENSSL_cleanse(bytes_.data(), bytes_.size()); // no destructor runs for what was never made
    refuse_secret("has another character");
}

webhook_secret::~webhook_secret() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

std::string make_webhook_secret()
{
    std::array<std::byte, new_secret_bytes> bytes{};
    if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) != 1)
        throw engine_error(errc::io, "the system gives no random bytes for a webhook secret: see to its random device");
    std::string text(secret_prefix);
    text.resize(secret_prefix.size() + detail::base64_length(bytes.size()));
    detail::write_base64(bytes.data(), bytes.size(), text.data() + secret_prefix.size());
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return text;
}
}

namespace everstep::core
{
webhook_digest hmac_sha256(std::span<const std::byte> key, std::string_view text)
{
    webhook_digest digest;
    unsigned size = 0;
    const unsigned char* made =
        HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
             reinterpret_cast<unsigned char*>(digest.data()), &size);
    if (made == nullptr || size != digest.size())
        throw std::bad_alloc(); // SHA-256 itself is always there
    return digest;
}

std::string signed_text(std::string_view id, std::string_view timestamp, std::string_view body)
{
    std::string text;
    text.reserve(id.size() + timestamp.size() + body.size() + 2);
    text.append(id).append(1, '.').append(timestamp).append(1, '.').append(body);
    return text;
}

bool is_message_id(std::string_view id) noexcept
{
    return !id.empty() && id.size() <= message_id_bytes_max &&
           std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c <= '~' && c != '.'; });
}

std::string webhook_signature(const webhook_secret& secret, std::string_view text)
{
    const webhook_digest digest = hmac_sha256(secret.key(), text);
    std::string signature = "v1,";
    const std::size_t prefix = signature.size();
    signature.resize(prefix + everstep::detail::base64_length(digest.size()));
    everstep::detail::write_base64(digest.data(), digest.size(), signature.data() + prefix);
    return signature;
}

std::string webhook_signatures(const webhook_endpoint& endpoint, std::string_view text)
{
    std::string all = webhook_signature(endpoint.secret, text);
    if (endpoint.former_secret)
        all += " " + webhook_signature(*endpoint.former_secret, text);
    return all;
}
}
