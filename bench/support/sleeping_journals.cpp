#include "support/sleeping_journals.hpp"

#include "floor/many_runs.hpp"
#include "support/scale_work.hpp"

namespace everstep::bench
{
const std::string& sleeping_journals::of(std::size_t runs)
{
    std::unique_ptr<folder>& home = made_[runs];
    if (!home)
    {
        auto now = std::make_unique<folder>(within_);
        write_runs(now->path(), long_sleeper_shape(), runs);
        home = std::move(now); // only where it is whole
    }
    return home->path();
}
}
