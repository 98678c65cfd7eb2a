#pragma once

// The arguments of a step: what its body is called with, as far as the journal is to know it.
//
//     receipt paid = co_await ctx.step("charge", [&](attempt& a) { return bank.charge(o.id, o.cents, a.token()); }, args(o.id, o.cents));
//
// A closure has nothing that could be compared. Where arguments are given, they are recorded with what the step ends in, and replay compares them
// with those of today's code, after decoding and encoding both with today's types: an added member is no divergence, another value parks the
// run, with both sides in the text. Nothing is compared where the step was recorded without arguments, or has none any more: so they may be
// added to a step, and taken away, at any time. They are readable in the journal; secrets do not belong here.
//
// Threads: a value. Lifetime: owns a copy, encoded.
// Crash: a step that has not ended has recorded nothing yet, and is compared with nothing.
// Errors: codec_error where an argument cannot be kept. Longer than engine_options::payload_bytes_max all together: the run is parked (limits).

#include <everstep/codec.hpp>

#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace everstep::inline v0
{
class arguments
{
public:
    using renewer = std::string (*)(std::string_view encoded);

    arguments(std::string encoded, renewer by) noexcept : encoded_(std::move(encoded)), renew_(by) {}

    /// A JSON array.
    const std::string& encoded() const noexcept { return encoded_; }
    /// Decodes and encodes again with today's types. Throws codec_error.
    renewer renew() const noexcept { return renew_; }

private:
    std::string encoded_;
    renewer renew_;
};

namespace detail
{
/// Literals and views are kept as strings.
template <class Argument>
using kept_argument = std::conditional_t<std::is_convertible_v<const Argument&, std::string_view>, std::string, std::remove_cvref_t<Argument>>;
}

template <class... Arguments>
arguments args(const Arguments&... each)
{
    using kept = std::tuple<detail::kept_argument<Arguments>...>;
    static_assert((encodable<detail::kept_argument<Arguments>> && ...), "an argument must be encodable: see everstep/codec.hpp");
    return arguments(encode(kept(detail::kept_argument<Arguments>(each)...)),
                     [](std::string_view encoded) { return encode(decode<kept>(encoded)); });
}
}
