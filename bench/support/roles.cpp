#include "support/roles.hpp"

#include "support/fixed_steps.hpp"
#include "support/scale_roles.hpp"

#include <stdexcept>

namespace everstep::bench
{
int play_role(const std::string& name, std::span<char* const> arguments)
{
    if (name == "sleepers")
        return play_sleepers(arguments);
    if (name == "resident")
        return play_resident(arguments);
    if (name == "backlog")
        return play_backlog(arguments);
    if (name == "steps")
        return play_steps(arguments);
    throw std::invalid_argument("there is no role " + name);
}
}
