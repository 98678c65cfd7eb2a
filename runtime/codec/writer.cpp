#include <everstep/detail/codec_writer.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <string>

#include "codec/base64.hpp"
#include "codec/plain_text.hpp"
#include "codec/thread_spare.hpp"
#include "codec/utf8.hpp"

namespace everstep::inline v0::detail
{
struct writer_storage
{
    static constexpr std::size_t kept_bytes_max = std::size_t{256} << 10U;

    std::unique_ptr<char[]> bytes = std::make_unique_for_overwrite<char[]>(1024);
    std::size_t size = 1024;
};

namespace
{
char* write_escaped(char* to, unsigned char c) noexcept
{
    constexpr std::string_view hex = "0123456789abcdef";
    static constexpr char shorts[] = "btn\0fr"; // U+0008 to U+000D; U+000B has none
    *to++ = '\\';
    if (c == '"' || c == '\\')
    {
        *to++ = static_cast<char>(c);
    }
    else if (c >= 0x08 && c <= 0x0D && c != 0x0B)
    {
        *to++ = shorts[c - 0x08U];
    }
    else
    {
        for (const char fixed : {'u', '0', '0'})
            *to++ = fixed;
        *to++ = hex[c >> 4U];
        *to++ = hex[c & 15U];
    }
    return to;
}
}

writer::writer() : storage_(thread_spare<writer_storage>::take().release())
{
    begin_ = storage_->bytes.get();
    at_ = begin_;
    end_ = begin_ + storage_->size;
}

writer::~writer()
{
    std::unique_ptr<writer_storage> used(storage_);
    if (used->size <= writer_storage::kept_bytes_max)
        thread_spare<writer_storage>::give(std::move(used));
}

void writer::grow(std::size_t bytes)
{
    const auto used = static_cast<std::size_t>(at_ - begin_);
    const std::size_t size = std::max(storage_->size * 2, used + bytes);
    auto larger = std::make_unique_for_overwrite<char[]>(size);
    std::memcpy(larger.get(), begin_, used);
    storage_->bytes = std::move(larger);
    storage_->size = size;
    begin_ = storage_->bytes.get();
    at_ = begin_ + used;
    end_ = begin_ + size;
}

bool writer::too_deep()
{
    return trouble_.refuse("deeper than " + std::to_string(depth_max) + " levels cannot be kept");
}

void writer::put(std::string_view raw)
{
    need(raw.size());
    at_ = std::copy(raw.begin(), raw.end(), at_);
}

bool writer::put_char(char value)
{
    const auto code = static_cast<unsigned char>(value);
    if (code >= 0x80)
        return trouble_.refuse("a char that is not ASCII cannot be kept (code " + std::to_string(code) + ")");
    return put_string({&value, 1});
}

void writer::put_signed(std::int64_t value)
{
    need(20);
    at_ = std::to_chars(at_, end_, value).ptr;
}

void writer::put_unsigned(std::uint64_t value)
{
    need(20);
    at_ = std::to_chars(at_, end_, value).ptr;
}

bool writer::put_real(float value)
{
    if (!std::isfinite(value))
        return put_real(static_cast<double>(value));
    need(32);
    at_ = std::to_chars(at_, end_, value).ptr;
    return true;
}

bool writer::put_real(double value)
{
    if (std::isnan(value))
        return trouble_.refuse("NaN cannot be kept");
    if (std::isinf(value))
        return trouble_.refuse("infinity cannot be kept");
    need(32);
    at_ = std::to_chars(at_, end_, value).ptr;
    return true;
}

bool writer::put_string(std::string_view value)
{
    const std::size_t plain = plain_length(value);
    need(value.size() + 2);
    *at_++ = '"';
    at_ = std::copy_n(value.data(), plain, at_);
    if (plain == value.size())
    {
        *at_++ = '"';
        return true;
    }
    const std::string_view rest = value.substr(plain);
    if (const std::size_t wrong = utf8_error(rest); wrong != rest.size())
        return trouble_.refuse("a string that is not UTF-8 (at byte " + std::to_string(plain + wrong) +
                               ") cannot be kept; std::vector<std::byte> can");
    for (const char c : rest)
    {
        const auto code = static_cast<unsigned char>(c);
        need(6);
        if (is_plain(code) || code >= 0x80)
            *at_++ = c;
        else
            at_ = write_escaped(at_, code);
    }
    put('"');
    return true;
}

void writer::put_base64(const std::byte* bytes, std::size_t size)
{
    need(base64_length(size) + 2);
    *at_++ = '"';
    at_ = write_base64(bytes, size, at_);
    *at_++ = '"';
}
}
