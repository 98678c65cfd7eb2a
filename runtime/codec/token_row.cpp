#include "codec/token_row.hpp"

#include "codec/plain_json.hpp"

#include <algorithm>
#include <functional>
#include <string>

#include <boost/json/basic_parser_impl.hpp>

namespace everstep::inline v0::detail
{
namespace
{
bool lies_in(boost::json::string_view part, std::string_view whole) noexcept
{
    const std::less_equal<const char*> not_after;
    return not_after(whole.data(), part.data()) && not_after(part.data() + part.size(), whole.data() + whole.size());
}

boost::json::parse_options strict_options()
{
    boost::json::parse_options options;
    options.max_depth = depth_max;
    return options;
}

std::string reason_of(const boost::json::error_code& error, std::size_t at)
{
    if (error == boost::json::error::too_deep)
        return "deeper than " + std::to_string(depth_max) + " levels";
    return "not JSON at byte " + std::to_string(at) + ": " + error.message();
}
}

void token_builder::start(std::string_view json)
{
    json_ = json;
    row_.clear();
    depth_ = 0;
    unescaped_used_ = 0;
    part_begin_ = 0;
}

bool token_builder::text(view last)
{
    if (part_begin_ == unescaped_used_ && lies_in(last, json_))
        return add(token_kind::text, last);
    unescape(last);
    const view whole(unescaped_.get() + part_begin_, unescaped_used_ - part_begin_);
    part_begin_ = unescaped_used_;
    return add(token_kind::text, whole);
}

bool token_builder::unescape(view part)
{
    if (unescaped_size_ < json_.size())
    {
        // Only before the first text with escapes: later ones find enough room.
        unescaped_ = std::make_unique_for_overwrite<char[]>(json_.size());
        unescaped_size_ = json_.size();
    }
    std::copy(part.begin(), part.end(), unescaped_.get() + unescaped_used_);
    unescaped_used_ += part.size();
    return true;
}

reader_storage::reader_storage() : parser(strict_options()) {}

bool reader_storage::fill(std::string_view json, codec_trouble& trouble)
{
    if (json.size() > json_bytes_max)
        return trouble.refuse("a text of " + std::to_string(json.size()) + " bytes is too long");
    parser.reset();
    parser.handler().start(json);
    if (read_plain(json, parser.handler()))
        return true;
    parser.handler().start(json);
    boost::json::error_code error;
    const std::size_t used = parser.write_some(false, json.data(), json.size(), error);
    if (error)
        return trouble.refuse(reason_of(error, used));
    if (used != json.size())
        return trouble.refuse("more than one JSON value, at byte " + std::to_string(used));
    return true;
}
}
