#include "journal/row.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/checksum.hpp"

#include <algorithm>
#include <array>

namespace everstep::journal
{
namespace
{
/// Second byte of a record of a row.
enum class part : std::uint8_t
{
    whole = 1, ///< the value
    first = 2, ///< u32 length of the value, and its first bytes
    next = 3   ///< bytes that follow
};

constexpr std::size_t number_bytes = 2;
constexpr std::size_t front_bytes = 2; // format and part
constexpr std::size_t length_bytes = 4;
/// Of a key and its record together: as much as 16 bytes of key and 2,000 of value, two of which fit a page.
constexpr std::size_t key_and_record_bytes_max = 16 + record_bytes_max;
constexpr std::size_t first_bytes_least = key_and_record_bytes_max - row_key_bytes_max - front_bytes - checksum_bytes - length_bytes;
constexpr std::uint32_t records_max = 0x10000;
constexpr std::uint64_t value_bytes_max = std::uint64_t{records_max} * first_bytes_least;

constexpr std::size_t record_bytes_of(std::size_t name_bytes) noexcept
{
    return std::min(record_bytes_max, key_and_record_bytes_max - name_bytes - number_bytes);
}
}

std::uint64_t row_checksum(std::string_view key, std::uint64_t previous, std::string_view bytes) noexcept
{
    std::array<char, 9> before;
    base::store_little(before.data(), previous);
    before[8] = static_cast<char>(row_table);
    return base::hash64(bytes, base::hash64(key, base::hash64({before.data(), before.size()})));
}

namespace
{
void seal_row(std::string_view key, std::uint64_t& previous, std::string& record)
{
    previous = row_checksum(key, previous, record);
    base::append_little(record, previous);
}
}

std::uint32_t row_records(std::size_t name_bytes, std::size_t value_bytes) noexcept
{
    const std::size_t whole = record_bytes_of(name_bytes) - front_bytes - checksum_bytes;
    if (value_bytes <= whole)
        return 1;
    return static_cast<std::uint32_t>(1 + (value_bytes - (whole - length_bytes) + whole - 1) / whole);
}

std::uint32_t row_records_told(std::size_t name_bytes, std::string_view first_record) noexcept
{
    if (first_record.size() < front_bytes + length_bytes || static_cast<part>(first_record[1]) != part::first)
        return 1;
    return row_records(name_bytes, base::load_little<std::uint32_t>(first_record.data() + front_bytes));
}

void row_record_key(std::string_view name, std::uint32_t number, std::string& to)
{
    EVERSTEP_ASSERT(!name.empty() && name.size() <= row_name_bytes_max && number < records_max);
    to.assign(name);
    to.push_back(static_cast<char>(number >> 8));
    to.push_back(static_cast<char>(number & 0xFF));
}

void append_row(std::string_view name, std::string_view value, const put_row_record& put)
{
    EVERSTEP_ASSERT(value.size() <= value_bytes_max); // values are bounded far below
    thread_local std::string key;
    thread_local std::string record;
    const std::size_t bytes_max = record_bytes_of(name.size());
    const bool is_whole = row_records(name.size(), value.size()) == 1;
    std::uint64_t previous = 0;
    std::uint32_t number = 0;
    do
    {
        const part what = is_whole ? part::whole : number == 0 ? part::first : part::next;
        record.assign({static_cast<char>(record_format), static_cast<char>(what)});
        if (what == part::first)
            base::append_little(record, static_cast<std::uint32_t>(value.size()));
        const std::size_t taken = std::min(value.size(), bytes_max - checksum_bytes - record.size());
        record.append(value.substr(0, taken));
        value.remove_prefix(taken);
        row_record_key(name, number++, key);
        seal_row(key, previous, record);
        put(key, record);
    } while (!value.empty());
}

row_reader::progress row_reader::refuse(std::string_view what)
{
    fault_ = "record " + std::to_string(records_) + " of a row: ";
    fault_.append(what);
    return progress::refused;
}

row_reader::progress row_reader::take(std::string_view key, std::string_view record)
{
    if (!fault_.empty())
        return progress::refused;
    if (missing_bytes_ == 0) // the row before is whole
    {
        checksum_ = 0;
        records_ = 0;
        name_.assign(key.substr(0, key.size() - std::min(key.size(), number_bytes)));
    }
    if (!record.empty() && static_cast<unsigned char>(record.front()) > record_format)
        return refuse("it is of a newer format");
    if (key.size() != name_.size() + number_bytes || key.substr(0, name_.size()) != name_ || records_ == records_max ||
        (static_cast<unsigned char>(key[key.size() - 2]) << 8 | static_cast<unsigned char>(key.back())) != static_cast<int>(records_))
        return refuse("it is missing: another key follows");
    if (record.size() < front_bytes + checksum_bytes || record.size() > record_bytes_max ||
        static_cast<unsigned char>(record.front()) != record_format)
        return refuse("its length or format is impossible");
    const std::string_view covered = record.substr(0, record.size() - checksum_bytes);
    checksum_ = row_checksum(key, checksum_, covered);
    if (base::load_little<std::uint64_t>(record.data() + covered.size()) != checksum_)
        return refuse("its checksum, or that of the record before it, does not match");

    const auto kind = static_cast<part>(record[1]);
    std::string_view body = covered.substr(front_bytes);
    ++records_;
    if (kind == part::whole && records_ == 1)
    {
        value_ = body;
        return progress::whole;
    }
    if (kind == part::first && records_ == 1 && body.size() > length_bytes)
    {
        missing_bytes_ = base::load_little<std::uint32_t>(body.data());
        body.remove_prefix(length_bytes);
        cut_.clear();
    }
    else if (kind != part::next || records_ == 1)
        return refuse("its kind is not one that can come here");
    if (body.empty() || body.size() > missing_bytes_ || (records_ == 1 && body.size() == missing_bytes_))
        return refuse("the records do not add up to the value's length");
    missing_bytes_ -= body.size();
    cut_.append(body);
    if (missing_bytes_ != 0)
        return progress::more;
    value_ = cut_;
    return progress::whole;
}

bool row_reader::finish()
{
    if (fault_.empty() && missing_bytes_ != 0)
        refuse("it is missing: the table ends before it");
    return fault_.empty();
}
}
