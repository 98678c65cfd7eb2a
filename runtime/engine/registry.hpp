#pragma once

// The workflows that were added, by name and by function. Filled before open(), then read-only: any thread.

#include <everstep/detail/engine_link.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

namespace everstep::core
{
struct registered_workflow
{
    std::string name;
    detail::function_key function{};
    detail::workflow_traits traits{};
    std::uint32_t version{};
};

class registry
{
public:
    static constexpr std::size_t name_bytes_max = 128;

    /// Throws engine_error (wrong_use, limit): a name or a function that was added before, a name that is empty or too long.
    void add(registered_workflow what);
    const registered_workflow* find(std::string_view name) const;
    const registered_workflow* find(detail::function_key function) const;

private:
    std::map<std::string, registered_workflow, std::less<>> by_name_;
    std::unordered_map<detail::function_key, const registered_workflow*> by_function_;
};
}
