#pragma once

// The tokens of one JSON text, in a row that is used again and again. Boost.JSON's basic_parser calls token_builder.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <boost/json/basic_parser.hpp>

#include <everstep/detail/codec_reader.hpp>

namespace everstep::inline v0::detail
{
class token_builder
{
public:
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    using code = boost::json::error_code;
    using view = boost::json::string_view;

    void start(std::string_view json);
    const std::vector<token>& row() const noexcept { return row_; }
    std::size_t kept_bytes() const noexcept { return row_.capacity() * sizeof(token) + unescaped_size_; }

    /// A text of the JSON text itself, without escapes.
    bool add_text(std::string_view found) { return add(token_kind::text, found); }

    // What basic_parser asks of a handler.
    bool on_document_begin(code&) { return true; }
    bool on_document_end(code&) { return true; }
    bool on_array_begin(code&) { return open(token_kind::array); }
    bool on_array_end(std::size_t size, code&) { return close(size); }
    bool on_object_begin(code&) { return open(token_kind::object); }
    bool on_object_end(std::size_t size, code&) { return close(size); }
    bool on_string_part(view part, std::size_t, code&) { return unescape(part); }
    bool on_string(view last, std::size_t, code&) { return text(last); }
    bool on_key_part(view part, std::size_t, code&) { return unescape(part); }
    bool on_key(view last, std::size_t, code&) { return text(last); }
    bool on_number_part(view, code&) { return true; } // only before a failure: all of the text is there from the start
    bool on_int64(std::int64_t, view number, code&) { return add(token_kind::integer, number); }
    bool on_uint64(std::uint64_t, view number, code&) { return add(token_kind::integer, number); }
    bool on_double(double, view number, code&) { return add(token_kind::real, number); }
    bool on_bool(bool value, code&) { return add(value ? token_kind::yes : token_kind::no, {}); }
    bool on_null(code&) { return add(token_kind::null, {}); }
    bool on_comment_part(view, code&) { return true; }
    bool on_comment(view, code&) { return true; }

private:
    bool add(token_kind kind, view text)
    {
        row_.push_back({text.data(), static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(kind) | 16U});
        return true;
    }
    bool open(token_kind kind)
    {
        open_[depth_++] = static_cast<std::uint32_t>(row_.size());
        return add(kind, {});
    }
    bool close(std::size_t size)
    {
        const std::uint32_t from = open_[--depth_];
        token& opened = row_[from];
        opened.size = static_cast<std::uint32_t>(size);
        opened.kind_and_span = (opened.kind_and_span & 15U) | (static_cast<std::uint32_t>(row_.size()) - from) << 4U;
        return true;
    }
    bool text(view last);
    bool unescape(view part);

    std::string_view json_;
    std::vector<token> row_;
    std::array<std::uint32_t, depth_max> open_{};
    std::size_t depth_ = 0;
    // Texts with escapes, one behind the other. Never larger than the JSON text, so it never moves while it is pointed into.
    std::unique_ptr<char[]> unescaped_;
    std::size_t unescaped_size_ = 0;
    std::size_t unescaped_used_ = 0;
    std::size_t part_begin_ = 0; ///< of the text that is being unescaped
};

struct reader_storage
{
    static constexpr std::size_t kept_bytes_max = std::size_t{256} << 10U;
    static constexpr std::size_t json_bytes_max = (std::size_t{1} << 28U) - 1; // what a token's span can count

    reader_storage();
    /// False with the trouble noted when the text is not JSON.
    bool fill(std::string_view json, codec_trouble& trouble);
    const token* row() const noexcept { return parser.handler().row().data(); }
    bool is_worth_keeping() const noexcept { return parser.handler().kept_bytes() <= kept_bytes_max; }

    boost::json::basic_parser<token_builder> parser;
};
}
