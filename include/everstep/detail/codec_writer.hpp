#pragma once

// Writes JSON text into a buffer that this thread reuses; only what is complete is handed on. A writer that is made while
// another one is at work (a user's codec that encodes) gets a buffer of its own.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <everstep/detail/codec_kind.hpp>
#include <everstep/detail/codec_trouble.hpp>

namespace everstep::inline v0::detail
{
struct writer_storage;

class writer
{
public:
    writer();
    ~writer();
    writer(const writer&) = delete;
    writer& operator=(const writer&) = delete;

    void put(char c)
    {
        need(1);
        *at_++ = c;
    }
    template <std::size_t N>
    void put(const std::array<char, N>& fixed)
    {
        need(N);
        std::memcpy(at_, fixed.data(), N);
        at_ += N;
    }
    /// As it is.
    void put(std::string_view raw);

    /// An array or object; refused where it would be the 33rd level.
    bool open(char bracket)
    {
        if (depth_ == depth_max)
            return too_deep();
        ++depth_;
        put(bracket);
        return true;
    }
    /// An object whose bracket is a part of its first member's name.
    bool open_unwritten()
    {
        if (depth_ == depth_max)
            return too_deep();
        ++depth_;
        return true;
    }
    void close(char bracket)
    {
        --depth_;
        put(bracket);
    }

    void put_null() { put(std::string_view("null")); }
    void put_bool(bool value) { put(value ? std::string_view("true") : std::string_view("false")); }
    bool put_char(char value);
    void put_signed(std::int64_t value);
    void put_unsigned(std::uint64_t value);
    bool put_real(float value);
    bool put_real(double value);
    /// Quoted; refused when it is not UTF-8.
    bool put_string(std::string_view value);
    void put_base64(const std::byte* bytes, std::size_t size);
    bool put_json(const boost::json::value& value);

    std::string_view text() const noexcept { return {begin_, static_cast<std::size_t>(at_ - begin_)}; }
    codec_trouble& trouble() noexcept { return trouble_; }

private:
    void need(std::size_t bytes)
    {
        if (static_cast<std::size_t>(end_ - at_) < bytes) [[unlikely]]
            grow(bytes);
    }
    void grow(std::size_t bytes);
    bool too_deep();

    writer_storage* storage_;
    char* begin_;
    char* at_;
    char* end_;
    int depth_ = 0;
    codec_trouble trouble_;
};
}
