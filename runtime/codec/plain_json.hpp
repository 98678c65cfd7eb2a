#pragma once

// The short way from a text to its tokens, for texts as encode writes them: no spaces, no escapes, no exponents. Replay and every step
// read such texts, and the general parser takes four times as long for them as all the rest of decoding together. It never refuses: what it does not know, and what is no JSON, it
// leaves to the parser, which has the last word and the reasons.

#include <string_view>

namespace everstep::inline v0::detail
{
class token_builder;

/// False where the text is not of that kind; what `to` holds is then of no use.
bool read_plain(std::string_view json, token_builder& to);
}
