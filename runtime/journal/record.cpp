#include "journal/record.hpp"

#include "base/bytes.hpp"
#include "base/checksum.hpp"

#include <array>

namespace everstep::journal
{
std::uint64_t record_checksum(table where, record_key at, std::string_view value, std::uint64_t previous) noexcept
{
    // The surroundings become the seed, so that the value is hashed where it lies.
    std::array<char, 25> surroundings;
    base::store_little(surroundings.data(), previous);
    surroundings[8] = static_cast<char>(where);
    base::store_big(surroundings.data() + 9, at.major);
    base::store_big(surroundings.data() + 17, at.minor);
    return base::hash64(value, base::hash64({surroundings.data(), surroundings.size()}));
}

std::uint64_t seal(table where, record_key at, std::string& value, std::uint64_t previous)
{
    const std::uint64_t checksum = record_checksum(where, at, value, previous);
    base::append_little(value, checksum);
    return checksum;
}

record_check check_record(table where, record_key at, std::string_view value, std::string_view& body,
                          std::uint64_t previous) noexcept
{
    if (!value.empty() && static_cast<unsigned char>(value.front()) > record_format)
        return record_check::newer_format;
    if (value.size() < 1 + checksum_bytes || value.size() > record_bytes_max ||
        static_cast<unsigned char>(value.front()) != record_format)
        return record_check::damaged;
    const std::string_view covered = value.substr(0, value.size() - checksum_bytes);
    if (base::load_little<std::uint64_t>(value.data() + covered.size()) !=
        record_checksum(where, at, covered, previous))
        return record_check::damaged;
    body = covered.substr(1);
    return record_check::good;
}
}
