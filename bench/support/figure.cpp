#include "support/figure.hpp"

#include "support/text.hpp"

namespace everstep::bench
{
std::string text_of(const goal& what, std::string_view unit)
{
    std::string text;
    switch (what.of)
    {
    case goal::subject::value:
        break;
    case goal::subject::ratio:
        text = "ratio ";
        break;
    case goal::subject::p99:
        text = "p99 ";
        break;
    case goal::subject::p99_ratio:
        text = "p99 ratio ";
        break;
    }
    text += what.is == goal::bound::at_least ? "at least " : "at most ";
    text += readable(what.limit);
    if (what.of == goal::subject::value && !unit.empty())
        text.append(unit.starts_with('/') ? "" : " ").append(unit);
    else if (what.of == goal::subject::p99)
        text += " us";
    return text;
}

std::string text_of(const verdict& passed, std::string_view unit)
{
    std::string text = text_of(passed.what, unit);
    if (passed.what.of == goal::subject::p99_ratio) // the only one that has no column of its own
        text += ", is " + readable(passed.reached);
    return text + (passed.met ? ": met" : ": NOT met");
}
}
