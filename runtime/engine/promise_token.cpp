#include "engine/promise_token.hpp"

#include "base/bytes.hpp"
#include "codec/base64.hpp"
#include "replay/token.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace everstep::core
{
namespace
{
constexpr std::size_t secret_bytes = 32;
constexpr std::size_t token_bytes_max = 1'024; // of the longest names, and some

const std::byte* bytes_of(const std::string& text) noexcept { return reinterpret_cast<const std::byte*>(text.data()); }
}

std::string promise_secret(const base::hash128& seed, std::string_view name)
{
    std::string bytes(8, '\0');
    base::store_little(bytes.data(), seed.high); // that half is one for all runs of a chain, so that who has a token may answer the next one
    return replay::hex_of(base::hash128_of(bytes.append("promise").append(name))); // no path begins so: it is no step's token
}

std::string promise_signal(std::string_view secret) { return std::string(own_signals).append("promise.").append(secret); }

std::string encode_token(const promise_target& what)
{
    std::string plain{static_cast<char>(what.workflow.size()), static_cast<char>(what.id.size())};
    plain.append(what.workflow).append(what.id).append(what.name).append(what.secret);
    std::string token(detail::base64_length(plain.size()), '\0');
    detail::write_base64(bytes_of(plain), plain.size(), token.data());
    std::ranges::replace(token, '+', '-');
    std::ranges::replace(token, '/', '_');
    token.erase(token.find_last_not_of('=') + 1);
    return token;
}

std::optional<promise_target> decode_token(std::string_view token)
{
    std::string text(token.substr(0, token_bytes_max));
    if (token.size() > token_bytes_max || text.find_first_of("+/=") != std::string::npos)
        return std::nullopt;
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    text.append((4 - text.size() % 4) % 4, '=');
    const auto count = detail::base64_byte_count(text);
    if (!count)
        return std::nullopt;
    std::string plain(*count, '\0');
    if (!detail::read_base64(text, reinterpret_cast<std::byte*>(plain.data())))
        return std::nullopt;
    constexpr std::size_t lengths = 2;
    if (plain.size() < lengths + secret_bytes)
        return std::nullopt;
    const std::size_t workflow = static_cast<unsigned char>(plain[0]), id = static_cast<unsigned char>(plain[1]);
    if (plain.size() < lengths + workflow + id + secret_bytes)
        return std::nullopt;
    const std::size_t name = plain.size() - lengths - workflow - id - secret_bytes;
    std::size_t at = lengths;
    const auto part = [&](std::size_t size) { return plain.substr(std::exchange(at, at + size), size); };
    promise_target found;
    found.workflow = part(workflow);
    found.id = part(id);
    found.name = part(name);
    found.secret = part(secret_bytes);
    return found;
}
}
