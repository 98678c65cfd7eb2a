// boost::json::value as a part of a value. Its own serializer and parser change 10 to 14 % of all doubles and turn 3.0
// into 3, so numbers go through to_chars and from_chars here too, and a double always has a point or an exponent.

#include <charconv>
#include <string>

#include <boost/json/value.hpp>

#include <everstep/detail/codec_reader.hpp>
#include <everstep/detail/codec_writer.hpp>

namespace everstep::inline v0::detail
{
namespace
{
std::string_view view_of(boost::json::string_view text) noexcept { return {text.data(), text.size()}; }

bool put_double(writer& out, double value)
{
    const std::size_t before = out.text().size();
    if (!out.put_real(value))
        return false;
    if (out.text().substr(before).find_first_of(".e") == std::string_view::npos)
        out.put(std::string_view(".0"));
    return true;
}

bool put_array(writer& out, const boost::json::array& array)
{
    if (!out.open('['))
        return false;
    for (std::size_t i = 0; i < array.size(); ++i)
    {
        if (i != 0)
            out.put(',');
        if (!out.put_json(array[i]))
            return out.trouble().in_element(i);
    }
    out.close(']');
    return true;
}

bool put_object(writer& out, const boost::json::object& object)
{
    if (!out.open('{'))
        return false;
    bool first = true;
    for (const auto& member : object)
    {
        if (!first)
            out.put(',');
        first = false;
        if (!out.put_string(view_of(member.key())))
            return out.trouble().in_key("?");
        out.put(':');
        if (!out.put_json(member.value()))
            return out.trouble().in_key(view_of(member.key()));
    }
    out.close('}');
    return true;
}

bool get_number(reader& in, boost::json::value& value)
{
    if (in.kind() == token_kind::real)
        return in.get_real(value.emplace_double());
    const std::string_view text = in.peek();
    const char* end = text.data() + text.size();
    std::int64_t number{};
    if (std::from_chars(text.data(), end, number).ec == std::errc{})
        value.emplace_int64() = number;
    else
        std::from_chars(text.data(), end, value.emplace_uint64()); // the tokenizer saw that it fits
    in.step();
    return true;
}

bool get_array(reader& in, boost::json::array& array)
{
    std::size_t size = 0;
    in.open(token_kind::array, size);
    array.reserve(size);
    for (std::size_t i = 0; i < size; ++i)
    {
        if (!in.get_json(array.emplace_back(nullptr)))
            return in.trouble().in_element(i);
    }
    return true;
}

bool get_object(reader& in, boost::json::object& object)
{
    std::size_t size = 0;
    in.open(token_kind::object, size);
    object.reserve(size);
    for (std::size_t i = 0; i < size; ++i)
    {
        const std::string_view name = in.peek();
        in.step();
        const auto [place, is_new] = object.emplace(boost::json::string_view(name.data(), name.size()), nullptr);
        const bool good = is_new ? in.get_json(place->value()) : in.trouble().refuse("given twice");
        if (!good)
            return in.trouble().in_key(name);
    }
    return true;
}
}

bool writer::put_json(const boost::json::value& value)
{
    switch (value.kind())
    {
    case boost::json::kind::null:
        put_null();
        return true;
    case boost::json::kind::bool_:
        put_bool(value.get_bool());
        return true;
    case boost::json::kind::int64:
        put_signed(value.get_int64());
        return true;
    case boost::json::kind::uint64:
        put_unsigned(value.get_uint64());
        return true;
    case boost::json::kind::double_:
        return put_double(*this, value.get_double());
    case boost::json::kind::string:
        return put_string(view_of(value.get_string()));
    case boost::json::kind::array:
        return put_array(*this, value.get_array());
    case boost::json::kind::object:
        break;
    }
    return put_object(*this, value.get_object());
}

bool reader::get_json(boost::json::value& value)
{
    switch (kind())
    {
    case token_kind::null:
        value.emplace_null();
        return get_null();
    case token_kind::yes:
    case token_kind::no:
        return get_bool(value.emplace_bool());
    case token_kind::integer:
    case token_kind::real:
        return get_number(*this, value);
    case token_kind::text:
        value.emplace_string().assign(peek().data(), peek().size());
        step();
        return true;
    case token_kind::array:
        return get_array(*this, value.emplace_array());
    case token_kind::object:
        break;
    }
    return get_object(*this, value.emplace_object());
}
}
