#pragma once

// What an exception of user code is, in words: for entries, logs and errors.

#include <exception>
#include <string>

namespace everstep::core
{
struct thrown
{
    std::string code; ///< of everstep::error, else the name of its type
    std::string text;
    bool is_cancelled{};
    bool is_timed_out{};
};

/// Any exception, std::exception or not. `error` is not null.
thrown describe_thrown(const std::exception_ptr& error);

/// The readable name of a type, as std::type_info has it.
std::string readable_type(const char* mangled);
}
