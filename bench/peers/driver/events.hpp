#pragma once

// What a driver tells compare/, one JSON object a line on standard output, and how compare/ tells it to go on: a line on
// standard input. compare/ reads the processor time and the memory of all involved processes at these events.

#include <cstddef>
#include <iostream>
#include <string>

namespace everstep::bench::peers
{
/// The driver is open and has done a little work; nothing sleeps in it.
inline void tell_ready() { std::cout << R"({"event":"ready"})" << std::endl; }

/// The measured time begins.
inline void tell_begin() { std::cout << R"({"event":"begin"})" << std::endl; }

/// The measured time ended; so many runs, or starts, ended in it.
inline void tell_end(std::size_t runs, double seconds, double p50_ms)
{
    std::cout << R"({"event":"end","runs":)" << runs << R"(,"seconds":)" << seconds << R"(,"p50_ms":)" << p50_ms << '}'
              << std::endl;
}

/// All runs are asleep, and that is durable.
inline void tell_asleep() { std::cout << R"({"event":"asleep"})" << std::endl; }

/// All runs that were cut off are finished.
inline void tell_finished() { std::cout << R"({"event":"finished"})" << std::endl; }

/// Waits for compare/; its death ends the wait, too.
inline void wait_for_go()
{
    std::string line;
    std::getline(std::cin, line);
}
}
