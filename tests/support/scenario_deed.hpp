#pragma once

// The steps and undos of scenarios that only leave a trace in the world outside.

#include "engine_effects.hpp"

#include <everstep/context.hpp>

#include <boost/describe.hpp>

#include <string>

namespace everstep::test
{
/// What a step returns so that its undo knows what it undoes.
struct deed
{
    std::string run, what;
};
BOOST_DESCRIBE_STRUCT(deed, (), (run, what))

inline constexpr auto undo_deed = [](attempt& a, services& use, const deed& d) {
    use.get<engine_effects>().add(a, d.run, "undo " + d.what);
};

/// The body of a step that does nothing else.
template <class Context>
struct leave
{
    Context& ctx;
    const char* what;
    deed operator()(attempt& a) const
    {
        did(a, ctx.run_id(), what);
        return {std::string(ctx.run_id()), what};
    }
};
}
