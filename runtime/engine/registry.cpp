#include "engine/registry.hpp"

#include <utility>

namespace everstep::core
{
void registry::add(registered_workflow what)
{
    if (what.name.empty() || what.name.size() > name_bytes_max)
        throw engine_error(errc::limit, "a workflow's name has 1 to 128 bytes, '" + what.name + "' has " +
                                            std::to_string(what.name.size()));
    if (by_name_.contains(what.name))
        throw engine_error(errc::wrong_use, "a workflow named '" + what.name + "' was added already");
    if (by_function_.contains(what.function))
        throw engine_error(errc::wrong_use, "the function of workflow '" + what.name + "' was added already, as '" +
                                                by_function_.at(what.function)->name + "'");
    std::string name = what.name;
    auto [at, added] = by_name_.emplace(std::move(name), std::move(what));
    by_function_.emplace(at->second.function, &at->second);
}

const registered_workflow* registry::find(std::string_view name) const
{
    auto at = by_name_.find(name);
    return at == by_name_.end() ? nullptr : &at->second;
}

const registered_workflow* registry::find(detail::function_key function) const
{
    auto at = by_function_.find(function);
    return at == by_function_.end() ? nullptr : at->second;
}
}
