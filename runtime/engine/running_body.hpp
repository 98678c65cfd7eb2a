#pragma once

#include <chrono>
#include <string>

namespace everstep::core
{
/// A body that runs now, for people: close(deadline) and the watch over bodies that ignore their stop.
struct running_body
{
    std::string name; ///< body_job::describe()
    std::chrono::steady_clock::time_point since;
};
}
