#pragma once

// A run that a transaction wants started: an event of the engine's own topic, in the commit of the transaction. The deliverer starts it.

#include <boost/describe.hpp>

#include <string>

namespace everstep::core
{
/// Names that begin with "everstep." are the engine's own.
inline constexpr const char* start_topic = "everstep.starts";

struct start_intent
{
    std::string workflow;
    std::string id;
    std::string input; ///< encoded
};
BOOST_DESCRIBE_STRUCT(start_intent, (), (workflow, id, input))
}
