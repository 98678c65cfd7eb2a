#pragma once

// The name of an operation, with the place in the source that asks for it.
//
//     co_await ctx.step("charge", …);                                     // a literal: checked and kept at compile time
//     co_await ctx.step(std::string("line ") + line.sku, …);              // made at run time: owned
//
// Names are journaled and compared in replay: renaming a step changes the workflow. At most 128 bytes; an empty literal does
// not compile, and an operation with a name that is empty or too long at run time parks its run (limits).

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

namespace everstep::inline v0
{
inline constexpr std::size_t op_name_bytes_max = 128;

class op_name
{
public:
    template <std::size_t N>
    consteval op_name(const char (&literal)[N], std::source_location place = std::source_location::current())
        : text_(literal), place_(place), size_(N - 1)
    {
        if (N < 2 || N - 1 > op_name_bytes_max)
            throw "an operation's name has 1 to 128 bytes";
    }

    op_name(const std::string& text, std::source_location place = std::source_location::current())
        : place_(place), size_(static_cast<std::uint32_t>(text.size())), owned_(true)
    {
        char* copy = new char[text.size()];
        std::memcpy(copy, text.data(), text.size());
        text_ = copy;
    }

    /// For the engine's own operations, whose caller's place is no constant.
    static op_name of_engine(const char* literal, std::source_location place) noexcept { return {literal, place, unchecked{}}; }

    constexpr op_name(op_name&& from) noexcept
        : text_(from.text_), place_(from.place_), size_(from.size_), owned_(std::exchange(from.owned_, false))
    {
    }
    op_name& operator=(op_name&&) = delete;
    constexpr ~op_name()
    {
        if (owned_)
            delete[] text_;
    }

    std::string_view text() const noexcept { return {text_, size_}; }
    /// The base name of the source file: paths differ between machines that build the same code.
    std::string_view file() const noexcept
    {
        std::string_view whole = place_.file_name();
        auto slash = whole.find_last_of('/');
        return slash == std::string_view::npos ? whole : whole.substr(slash + 1);
    }
    std::uint32_t line() const noexcept { return place_.line(); }

private:
    struct unchecked
    {
    };
    op_name(const char* literal, std::source_location place, unchecked) noexcept
        : text_(literal), place_(place), size_(static_cast<std::uint32_t>(std::strlen(literal)))
    {
    }

    const char* text_{};
    std::source_location place_;
    std::uint32_t size_;
    bool owned_{};
};
}
