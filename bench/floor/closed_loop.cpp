#include "floor/closed_loop.hpp"

#include <algorithm>
#include <vector>

namespace everstep::bench
{
floor_loop make_floor(const run_shape& shape, const loop_size& size, double entries_per_commit)
{
    floor_loop made;
    std::uint64_t next_number = 1;
    std::vector<run_writer> ring;
    ring.reserve(size.in_flight);
    for (std::size_t i = 0; i < size.in_flight; ++i)
        ring.emplace_back(shape, next_number++);

    std::size_t at = 0;
    std::size_t ended = 0;
    std::size_t ended_warm = 0;
    double entries = 0;
    double planned = 0; // a commit ends where the sum passes this, so that sizes have the right mean without being whole
    while (ended < size.warm_runs + size.timed_runs)
    {
        planned += entries_per_commit;
        for (std::size_t turns = 0; turns < size.in_flight && (turns == 0 || entries < planned); ++turns)
        {
            entries += ring[at].write_turn(made.all);
            if (ring[at].ended())
            {
                ++ended;
                ring[at] = run_writer(shape, next_number++);
            }
            at = (at + 1) % size.in_flight;
        }
        planned = std::max(planned, entries - entries_per_commit);
        made.all.end_commit();
        if (ended <= size.warm_runs)
        {
            made.warm_commits = made.all.commits();
            ended_warm = ended;
        }
    }
    made.timed_runs = ended - ended_warm;
    return made;
}
}
