#include "journal/state.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/checksum.hpp"

#include <algorithm>

namespace everstep::journal
{
namespace
{
constexpr unsigned chunk_bits = 16;
constexpr std::size_t body_bytes_max = record_bytes_max - 1 - checksum_bytes;

/// Two names of one run with equal hashes would be one: one pair in 2^48.
std::uint64_t name_bits(std::string_view name) noexcept { return base::hash64(name) >> chunk_bits << chunk_bits; }
}

record_key state_key(std::uint64_t chain, std::string_view name, std::uint16_t chunk) noexcept { return {chain, name_bits(name) | chunk}; }

record_key state_end(std::uint64_t chain, std::string_view name) noexcept { return {chain, name_bits(name) | 0xFFFF}; }

std::string answer_name(std::string_view update) { return std::string(own_states).append("answer.").append(update); }

void append_state(std::uint64_t chain, std::string_view name, std::string_view value,
                  const std::function<void(record_key, std::string_view)>& put)
{
    EVERSTEP_ASSERT(value.size() <= state_bytes_max);
    std::string bytes;
    base::append_varint(bytes, value.size());
    base::append_varint(bytes, name.size());
    bytes.append(name).append(value);
    std::string record;
    std::uint16_t chunk = 0;
    for (std::string_view left = bytes; !left.empty(); left.remove_prefix(std::min(left.size(), body_bytes_max)), ++chunk)
    {
        const record_key at = state_key(chain, name, chunk);
        record.assign(1, static_cast<char>(record_format));
        record.append(left.substr(0, body_bytes_max));
        seal(table::state, at, record);
        put(at, record);
    }
}

bool state_reader::refuse() noexcept
{
    damaged_ = true;
    return false;
}

bool state_reader::take(record_key at, std::string_view value)
{
    if (at != state_key(chain_, name_, next_))
        return next_ == 0 || bytes_.size() == wanted_ ? false : refuse();
    std::string_view body;
    if (check_record(table::state, at, value, body) != record_check::good)
        return refuse();
    if (next_++ == 0)
    {
        base::byte_reader from(body);
        std::string_view name;
        if (!from.varint(wanted_) || !from.text(name) || name != name_)
            return refuse();
        from.bytes(from.left(), body);
    }
    bytes_.append(body);
    if (bytes_.size() > wanted_)
        return refuse();
    return bytes_.size() < wanted_;
}

std::optional<std::string> state_reader::value()
{
    if (next_ == 0 || damaged_)
        return std::nullopt;
    if (bytes_.size() != wanted_)
    {
        damaged_ = true;
        return std::nullopt;
    }
    return std::move(bytes_);
}
}
