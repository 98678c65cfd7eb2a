#include "floor/one_record.hpp"

#include "journal/history.hpp"

namespace everstep::bench
{
script one_record_commits(const run_shape& shape, std::size_t commits)
{
    constexpr base::run_number only{1};
    script made;
    journal::tail end = journal::first_tail(only);
    journal::entry done{};
    done.kind = journal::entry_kind::step_done;
    done.operation = journal::operation_kind::step;
    done.where = journal::path(0);
    done.attempts = 1;
    done.line = 1;
    done.file = shape.file;
    done.name = shape.steps.front();
    done.type = shape.step_type;
    done.payload = shape.result;
    for (std::size_t i = 0; i < commits; ++i)
    {
        journal::append(only, end, done, [&](journal::record_key at, std::string_view value)
                        { made.put(journal::table::history, at, value); });
        made.end_commit();
    }
    return made;
}
}
