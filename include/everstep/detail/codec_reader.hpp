#pragma once

// Reads a JSON text that was turned into a flat row of tokens. Boost.JSON's parser, which is seen only where this is
// compiled, checks the grammar and UTF-8; what a number means is decided here, with from_chars on its text. The row of
// tokens is reused by this thread; a reader that is made while another one is at work gets a row of its own.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <everstep/detail/codec_kind.hpp>
#include <everstep/detail/codec_trouble.hpp>

namespace everstep::inline v0::detail
{
struct reader_storage;

enum class token_kind : std::uint8_t
{
    null,
    yes,
    no,
    integer, ///< digits only, and fits 64 bits
    real,
    text, ///< also the names in an object
    array,
    object
};

struct token
{
    const char* begin;           ///< of a text, without quotes and escapes, or of a number
    std::uint32_t size;          ///< bytes of a text or number; elements of an array, members of an object
    std::uint32_t kind_and_span; ///< span: tokens from here to what follows the value

    token_kind kind() const noexcept { return static_cast<token_kind>(kind_and_span & 15U); }
    std::uint32_t span() const noexcept { return kind_and_span >> 4U; }
    std::string_view text() const noexcept { return {begin, size}; }
};

class reader
{
public:
    /// The text must outlive the reader. Check good() first.
    explicit reader(std::string_view json);
    ~reader();
    reader(const reader&) = delete;
    reader& operator=(const reader&) = delete;

    bool good() const noexcept { return at_ != nullptr; }
    token_kind kind() const noexcept { return at_->kind(); }
    /// The text of the token that comes next, which must be a text.
    std::string_view peek() const noexcept { return at_->text(); }
    void step() noexcept { ++at_; }
    /// Over one value with all that is in it.
    void skip() noexcept { at_ += at_->span(); }

    bool open(token_kind wanted, std::size_t& size)
    {
        if (at_->kind() != wanted)
            return expected(wanted == token_kind::array ? "an array" : "an object");
        size = at_->size;
        ++at_;
        return true;
    }
    bool open_array(std::size_t size);
    bool get_null();
    bool get_bool(bool& value);
    bool get_char(char& value);
    bool get_signed(std::int64_t least, std::int64_t most, std::int64_t& value);
    bool get_unsigned(std::uint64_t most, std::uint64_t& value);
    /// The same for a whole number that is the name of an object's member.
    bool get_signed_key(std::int64_t least, std::int64_t most, std::int64_t& value);
    bool get_unsigned_key(std::uint64_t most, std::uint64_t& value);
    bool get_real(float& value);
    bool get_real(double& value);
    bool get_text(std::string_view& value)
    {
        if (at_->kind() != token_kind::text)
            return expected("a string");
        value = at_->text();
        ++at_;
        return true;
    }
    /// How many bytes the base64 text that comes next stands for.
    bool base64_size(std::size_t& bytes);
    bool get_base64(std::byte* bytes);
    bool get_json(boost::json::value& value);

    /// "expected a string, found null". False.
    bool expected(const char* what);
    codec_trouble& trouble() noexcept { return trouble_; }

private:
    const token* at_ = nullptr;
    reader_storage* storage_;
    codec_trouble trouble_;
};
}
