#include "journal/history.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "journal/header.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace everstep::journal
{
namespace
{
/// Second byte of a record of a history.
enum class part : std::uint8_t
{
    whole = 1, ///< the entry
    first = 2, ///< varint length of the entry, and its first bytes
    next = 3   ///< bytes that follow
};

constexpr std::size_t front_bytes = 2; // format and part
constexpr std::uint32_t chunks_max = 0x10000;
constexpr std::uint64_t entry_bytes_max = std::uint64_t{chunks_max} * (record_bytes_max - 32);

/// Blocks of a reader: small for the many short histories, below malloc's mmap threshold for the long ones.
constexpr std::size_t first_block_bytes = 1024;
constexpr std::size_t block_bytes_max = 64 * 1024;

std::size_t append_chunks(base::run_number run, tail& end, std::string_view body, const put_record& put)
{
    EVERSTEP_ASSERT(body.size() <= entry_bytes_max); // payloads and texts are bounded far below
    thread_local std::string value;
    tail after = end;
    std::size_t written = 0;
    for (std::uint32_t chunk = 0; !body.empty(); ++chunk)
    {
        value.assign({static_cast<char>(record_format), static_cast<char>(chunk == 0 ? part::first : part::next)});
        if (chunk == 0)
            base::append_varint(value, body.size());
        const std::size_t taken = std::min(body.size(), record_bytes_max - checksum_bytes - value.size());
        value.append(body.substr(0, taken));
        body.remove_prefix(taken);
        const record_key at = history_key(run, after.next_seq, chunk);
        after.checksum = seal(table::history, at, value, after.checksum);
        put(at, value);
        written += value.size();
    }
    ++after.next_seq;
    end = after;
    return written;
}
}

tail first_tail(base::run_number run) noexcept
{
    std::array<char, 8> number;
    base::store_little(number.data(), base::to_integer(run));
    return {0, base::hash64({number.data(), number.size()})};
}

// If we die before the commit that holds these records is durable, recovery finds none of them, the history ends where
// `end` was, and the operation runs again. A commit is whole or absent, so chunks are never found without each other.
std::size_t append(base::run_number run, tail& end, const entry& e, const put_record& put)
{
    thread_local std::string value;
    value.assign({static_cast<char>(record_format), static_cast<char>(part::whole)});
    encode(e, value);
    if (value.size() + checksum_bytes > record_bytes_max)
        return append_chunks(run, end, std::string_view(value).substr(front_bytes), put);
    const record_key at = history_key(run, end.next_seq);
    const std::uint64_t checksum = seal(table::history, at, value, end.checksum);
    put(at, value);
    end = {end.next_seq + 1, checksum};
    return value.size();
}

std::optional<std::string_view> whole_entry(record_key at, std::string_view value, std::uint64_t previous) noexcept
{
    std::string_view body;
    if (check_record(table::history, at, value, body, previous) != record_check::good || body.size() < 2 ||
        static_cast<part>(body.front()) != part::whole)
        return std::nullopt;
    return body.substr(1);
}

history_reader::history_reader(base::run_number run) : history_reader(run, first_tail(run)) {}

history_reader::history_reader(base::run_number run, const tail& from) : run_(run), end_(from) {}

bool history_reader::refuse(history_fault what, std::string_view text)
{
    fault_ = what;
    fault_text_ = "run " + std::to_string(base::to_integer(run_)) + ", entry " + std::to_string(end_.next_seq);
    if (next_chunk_ != 0)
        fault_text_ += ", chunk " + std::to_string(next_chunk_);
    fault_text_.append(": ").append(text);
    return false;
}

bool history_reader::take(record_key at, std::string_view value)
{
    if (fault_ != history_fault::none)
        return false;
    if (!value.empty() && static_cast<unsigned char>(value.front()) > record_format)
        return refuse(history_fault::newer_format, "its record is of a newer format");
    if (next_chunk_ >= chunks_max || at != history_key(run_, end_.next_seq, next_chunk_))
        return refuse(history_fault::damaged, "its record is missing: another key follows");
    std::string_view body;
    if (check_record(table::history, at, value, body, end_.checksum) != record_check::good)
        return refuse(history_fault::damaged, "its checksum, or that of the record before it, does not match");
    end_.checksum = base::load_little<std::uint64_t>(value.data() + value.size() - checksum_bytes);
    return take_part(body);
}

bool history_reader::take_part(std::string_view body)
{
    base::byte_reader bytes(body);
    std::uint8_t kind{};
    if (!bytes.little(kind) || static_cast<part>(kind) == part{} || kind > static_cast<std::uint8_t>(part::next))
        return refuse(history_fault::damaged, "its record is of an unknown kind");
    const auto found = static_cast<part>(kind);
    if ((found == part::next) != (next_chunk_ != 0))
        return refuse(history_fault::damaged, "its chunks are out of order");

    std::uint64_t missing = missing_bytes_;
    if (found == part::first && (!bytes.varint(missing) || missing > entry_bytes_max || missing <= bytes.left()))
        return refuse(history_fault::damaged, "its length is impossible");
    if (found == part::whole)
        missing = bytes.left();
    if (bytes.empty() || bytes.left() > missing)
        return refuse(history_fault::damaged, "its chunks do not add up to its length");

    if (found == part::whole)
        return complete(bytes.rest());
    missing_bytes_ = missing - bytes.left();
    cut_entry_.append(bytes.rest());
    ++next_chunk_;
    return missing_bytes_ != 0 || complete(cut_entry_);
}

bool history_reader::complete(std::string_view body)
{
    char* const to = room_for(body.size());
    std::memcpy(to, body.data(), body.size());
    entries_.emplace_back(to, body.size());
    bytes_ += body.size();
    cut_entry_.clear();
    next_chunk_ = 0;
    ++end_.next_seq;
    if (end_.next_seq == expected_.next_seq && end_.checksum != expected_.checksum)
        return refuse(history_fault::damaged, "the history differs from the one that its wake row was written for");
    return true;
}

char* history_reader::room_for(std::size_t size)
{
    if (size > block_left_)
    {
        block_size_ = std::clamp(block_size_ * 2, first_block_bytes, block_bytes_max);
        block_left_ = std::max(size, block_size_);
        blocks_.push_back(std::unique_ptr<char[]>(new char[block_left_])); // not zeroed
        next_free_ = blocks_.back().get();
    }
    char* const room = next_free_;
    next_free_ += size;
    block_left_ -= size;
    return room;
}

bool history_reader::finish()
{
    if (fault_ != history_fault::none)
        return false;
    if (missing_bytes_ != 0)
        return refuse(history_fault::damaged, "its last chunks are missing");
    if (end_.next_seq < expected_.next_seq)
        return refuse(history_fault::damaged,
                      "missing, the history once had " + std::to_string(expected_.next_seq) + " entries");
    return true;
}
}
