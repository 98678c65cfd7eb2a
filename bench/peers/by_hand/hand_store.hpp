#pragma once

// Durable steps as one writes them by hand over a database: a table of runs and a table of results, one commit a step. What
// is stored is what everstep stores: the run with its id and input, and the result of each step.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace everstep::bench::peers
{
inline constexpr int steps_of_run = 5;
/// How many are done when a run goes to sleep.
inline constexpr int steps_before_nap = 2;

struct unfinished_run
{
    std::int64_t number{};
    int steps_done{};
};

/// One connection, for one thread. Each call but unfinished() is one durable commit. Throws std::runtime_error.
class hand_store
{
public:
    virtual ~hand_store() = default;

    /// Returns the run's number; an id that was started before is the run of before.
    virtual std::int64_t start(std::string_view id, std::string_view input) = 0;
    /// A run without steps: started and finished at once.
    virtual void start_finished(std::string_view id, std::string_view input, std::string_view result) = 0;
    virtual void record(std::int64_t run, int step, std::string_view result) = 0;
    /// The last step, and with it the run's result.
    virtual void record_last(std::int64_t run, int step, std::string_view result) = 0;
    virtual std::vector<unfinished_run> unfinished() = 0;
};

/// Makes the tables where they are missing.
void prepare_database(const std::string& where);

/// `where`: a directory for SQLite, a connection string for PostgreSQL.
std::unique_ptr<hand_store> open_store(const std::string& where);

/// For the report.
std::string version_of_store();
}
