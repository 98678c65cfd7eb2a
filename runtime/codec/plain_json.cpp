#include "codec/plain_json.hpp"

#include "codec/plain_text.hpp"
#include "codec/token_row.hpp"
#include "codec/utf8.hpp"

namespace everstep::inline v0::detail
{
namespace
{
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

class plain_reader
{
public:
    plain_reader(std::string_view json, token_builder& to) : at_(json.data()), end_(json.data() + json.size()), to_(to)
    {
    }

    bool document() { return value() && at_ == end_; }

private:
    bool next_is(char c) const noexcept { return at_ != end_ && *at_ == c; }
    bool take(char c) noexcept
    {
        if (!next_is(c))
            return false;
        ++at_;
        return true;
    }

    bool value()
    {
        if (at_ == end_)
            return false;
        switch (*at_)
        {
        case '"':
            return text();
        case '{':
            return object();
        case '[':
            return array();
        case 't':
            return word("true") && to_.on_bool(true, unused_);
        case 'f':
            return word("false") && to_.on_bool(false, unused_);
        case 'n':
            return word("null") && to_.on_null(unused_);
        default:
            return number();
        }
    }

    bool object()
    {
        std::size_t size = 0;
        ++at_;
        if (++depth_ > depth_max)
            return false;
        to_.on_object_begin(unused_);
        if (!next_is('}'))
            do
            {
                ++size;
                if (!next_is('"') || !text() || !take(':') || !value())
                    return false;
            } while (take(','));
        --depth_;
        return take('}') && to_.on_object_end(size, unused_);
    }

    bool array()
    {
        std::size_t size = 0;
        ++at_;
        if (++depth_ > depth_max)
            return false;
        to_.on_array_begin(unused_);
        if (!next_is(']'))
            do
            {
                ++size;
                if (!value())
                    return false;
            } while (take(','));
        --depth_;
        return take(']') && to_.on_array_end(size, unused_);
    }

    /// A name or a string; its quote comes next.
    bool text()
    {
        const char* const from = ++at_;
        at_ += plain_length({at_, left()});
        if (at_ != end_ && static_cast<unsigned char>(*at_) >= 0x80)
        {
            while (at_ != end_ &&
                   (is_plain(static_cast<unsigned char>(*at_)) || static_cast<unsigned char>(*at_) >= 0x80))
                ++at_;
            const std::string_view whole(from, static_cast<std::size_t>(at_ - from));
            if (utf8_error(whole) != whole.size())
                return false;
        }
        const std::string_view found(from, static_cast<std::size_t>(at_ - from));
        return take('"') && to_.add_text(found);
    }

    /// Whole numbers that surely fit 64 bits, and ones with a fraction. (-0 is a matter for the parser.)
    bool number()
    {
        constexpr std::ptrdiff_t surely_fits = 18;
        const char* const from = at_;
        if (next_is('-'))
            ++at_;
        const char* const whole = at_;
        skip_digits();
        const std::ptrdiff_t digits = at_ - whole;
        if (digits == 0 || digits > surely_fits || (*whole == '0' && digits > 1))
            return false;
        const bool is_real = take('.');
        if (!is_real && *whole == '0' && whole != from)
            return false;
        if (is_real)
        {
            const char* const fraction = at_;
            skip_digits();
            if (at_ == fraction)
                return false;
        }
        if (next_is('e') || next_is('E'))
            return false;
        const token_builder::view found(from, static_cast<std::size_t>(at_ - from));
        return is_real ? to_.on_double(0, found, unused_) : to_.on_int64(0, found, unused_);
    }

    void skip_digits() noexcept
    {
        while (at_ != end_ && is_digit(*at_))
            ++at_;
    }

    bool word(std::string_view expected) noexcept
    {
        if (!std::string_view(at_, left()).starts_with(expected))
            return false;
        at_ += expected.size();
        return true;
    }

    std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

    const char* at_;
    const char* end_;
    token_builder& to_;
    int depth_ = 0;
    token_builder::code unused_;
};
}

bool read_plain(std::string_view json, token_builder& to) { return plain_reader(json, to).document(); }
}
