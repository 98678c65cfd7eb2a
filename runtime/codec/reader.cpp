#include <everstep/detail/codec_reader.hpp>

#include <charconv>
#include <memory>
#include <string>
#include <utility>

#include "codec/base64.hpp"
#include "codec/thread_spare.hpp"
#include "codec/token_row.hpp"

namespace everstep::inline v0::detail
{
namespace
{
constexpr std::string_view kind_words[] = {"null",     "true",     "false",    "a whole number",
                                           "a number", "a string", "an array", "an object"};

/// All of the text or nothing.
template <class Number>
bool parse(std::string_view text, Number& value) noexcept
{
    const char* end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, value);
    return code == std::errc{} && stop == end;
}

bool out_of_range(codec_trouble& trouble, std::string_view number)
{
    return trouble.refuse(std::string(number.substr(0, 64)) + " is out of range");
}

template <class Number>
bool parse_within(std::string_view text, Number least, Number most, Number& value, codec_trouble& trouble)
{
    if (!parse(text, value) || value < least || value > most)
        return out_of_range(trouble, text);
    return true;
}
}

reader::reader(std::string_view json) : storage_(nullptr)
{
    auto storage = thread_spare<reader_storage>::take();
    if (storage->fill(json, trouble_))
        at_ = storage->row();
    storage_ = storage.release();
}

reader::~reader()
{
    std::unique_ptr<reader_storage> used(storage_);
    if (used->is_worth_keeping())
        thread_spare<reader_storage>::give(std::move(used));
}

bool reader::expected(const char* what)
{
    return trouble_.refuse(std::string("expected ") + what + ", found " +
                           std::string(kind_words[static_cast<std::size_t>(kind())]));
}

bool reader::open_array(std::size_t size)
{
    std::size_t found = 0;
    if (!open(token_kind::array, found))
        return false;
    return found == size ||
           trouble_.refuse("expected an array of " + std::to_string(size) + ", found one of " + std::to_string(found));
}

bool reader::get_null()
{
    if (kind() != token_kind::null)
        return expected("null");
    step();
    return true;
}

bool reader::get_bool(bool& value)
{
    if (kind() != token_kind::yes && kind() != token_kind::no)
        return expected("true or false");
    value = kind() == token_kind::yes;
    step();
    return true;
}

bool reader::get_char(char& value)
{
    std::string_view text;
    if (!get_text(text))
        return false;
    if (text.size() != 1 || static_cast<unsigned char>(text[0]) >= 0x80)
        return trouble_.refuse("expected one ASCII character");
    value = text[0];
    return true;
}

bool reader::get_signed(std::int64_t least, std::int64_t most, std::int64_t& value)
{
    if (kind() != token_kind::integer)
        return expected("a whole number of 64 bits");
    if (!parse_within(peek(), least, most, value, trouble_))
        return false;
    step();
    return true;
}

bool reader::get_unsigned(std::uint64_t most, std::uint64_t& value)
{
    if (kind() != token_kind::integer)
        return expected("a whole number of 64 bits");
    if (!parse_within(peek(), std::uint64_t{0}, most, value, trouble_))
        return false;
    step();
    return true;
}

bool reader::get_signed_key(std::int64_t least, std::int64_t most, std::int64_t& value)
{
    if (!parse_within(peek(), least, most, value, trouble_))
        return false;
    step();
    return true;
}

bool reader::get_unsigned_key(std::uint64_t most, std::uint64_t& value)
{
    if (!parse_within(peek(), std::uint64_t{0}, most, value, trouble_))
        return false;
    step();
    return true;
}

bool reader::get_real(float& value)
{
    if (kind() != token_kind::integer && kind() != token_kind::real)
        return expected("a number");
    if (!parse(peek(), value))
        return out_of_range(trouble_, peek());
    step();
    return true;
}

bool reader::get_real(double& value)
{
    if (kind() != token_kind::integer && kind() != token_kind::real)
        return expected("a number");
    if (!parse(peek(), value))
        return out_of_range(trouble_, peek());
    step();
    return true;
}

bool reader::base64_size(std::size_t& bytes)
{
    if (kind() != token_kind::text)
        return expected("a base64 string");
    const auto count = base64_byte_count(peek());
    if (!count)
        return trouble_.refuse("not base64");
    bytes = *count;
    return true;
}

bool reader::get_base64(std::byte* bytes)
{
    if (!read_base64(peek(), bytes))
        return trouble_.refuse("not base64");
    step();
    return true;
}
}
