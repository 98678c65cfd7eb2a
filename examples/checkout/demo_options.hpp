#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace shop
{
/// The command line of the demonstration.
struct demo_options
{
    std::string orders, journal, json; ///< journal: empty is a fresh one
    std::uint32_t kills{2};
    double rate{200};
    std::chrono::milliseconds day{20}, service{5};

    std::string world() const { return journal + ".outside.sqlite"; }
    std::string desk() const { return journal + ".desk"; }

    /// Throws bad_input. --help prints, and exits with 0.
    static demo_options parse(int count, char** arguments);
};
}
