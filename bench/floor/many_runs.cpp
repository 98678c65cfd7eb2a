#include "floor/many_runs.hpp"

#include "floor/raw_journal.hpp"

namespace everstep::bench
{
namespace
{
constexpr std::size_t entries_of_commit = 50'000;
}

void write_runs(const std::string& directory, const run_shape& shape, std::size_t runs)
{
    write_runs(
        directory, [&](std::size_t) -> const run_shape& { return shape; }, runs);
}

void write_runs(const std::string& directory, const shape_of_run& shape_of, std::size_t runs)
{
    raw_journal to(directory);
    for (std::size_t written = 0; written < runs;)
    {
        script commit;
        for (std::size_t entries = 0; entries < entries_of_commit && written < runs;)
        {
            const run_shape& shape = shape_of(++written);
            run_writer(shape, written).write_whole(commit);
            entries += shape.entries();
        }
        commit.end_commit();
        to.play(commit, 0);
    }
    to.write_meta(runs + 1);
}
}
