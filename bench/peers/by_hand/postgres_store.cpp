#include "by_hand/hand_store.hpp"

#include <array>
#include <libpq-fe.h>
#include <stdexcept>

namespace everstep::bench::peers
{
namespace
{
struct clear_result
{
    void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using result_of = std::unique_ptr<PGresult, clear_result>;

struct finish_connection
{
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};

/// Every call is one statement, and so one round trip and one commit.
class postgres_store final : public hand_store
{
public:
    explicit postgres_store(const std::string& where) : connection_(PQconnectdb(where.c_str()))
    {
        if (PQstatus(connection_.get()) != CONNECTION_OK)
            fail();
    }

    void make_tables()
    {
        execute("CREATE TABLE IF NOT EXISTS run (number bigserial PRIMARY KEY, id text NOT NULL UNIQUE, "
                "input text NOT NULL, result text)");
        execute("CREATE TABLE IF NOT EXISTS step (run bigint NOT NULL, number integer NOT NULL, result text NOT NULL, "
                "PRIMARY KEY (run, number))");
    }
    void prepare_statements()
    {
        // An id that is there already is left as it is, and its number comes back.
        prepare("start", "INSERT INTO run (id, input) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET id = excluded.id "
                         "RETURNING number");
        prepare("start_finished",
                "INSERT INTO run (id, input, result) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING");
        prepare("step", "INSERT INTO step (run, number, result) VALUES ($1::bigint, $2::integer, $3)");
        prepare("last_step",
                "WITH last AS (INSERT INTO step (run, number, result) VALUES ($1::bigint, $2::integer, $3)) "
                "UPDATE run SET result = $3 WHERE number = $1::bigint");
    }

    std::int64_t start(std::string_view id, std::string_view input) override
    {
        const result_of result = call("start", std::array{std::string(id), std::string(input)}, PGRES_TUPLES_OK);
        return std::stoll(PQgetvalue(result.get(), 0, 0));
    }
    void start_finished(std::string_view id, std::string_view input, std::string_view result) override
    {
        call("start_finished", std::array{std::string(id), std::string(input), std::string(result)}, PGRES_COMMAND_OK);
    }
    void record(std::int64_t run, int step, std::string_view result) override
    {
        call("step", std::array{std::to_string(run), std::to_string(step), std::string(result)}, PGRES_COMMAND_OK);
    }
    void record_last(std::int64_t run, int step, std::string_view result) override
    {
        call("last_step", std::array{std::to_string(run), std::to_string(step), std::string(result)}, PGRES_COMMAND_OK);
    }
    std::vector<unfinished_run> unfinished() override
    {
        const result_of rows =
            checked(PQexec(connection_.get(), "SELECT run.number, count(step.number) FROM run LEFT JOIN step "
                                              "ON step.run = run.number WHERE run.result IS NULL GROUP BY run.number"),
                    PGRES_TUPLES_OK);
        std::vector<unfinished_run> found;
        for (int i = 0; i < PQntuples(rows.get()); ++i)
            found.push_back({std::stoll(PQgetvalue(rows.get(), i, 0)), std::stoi(PQgetvalue(rows.get(), i, 1))});
        return found;
    }

private:
    [[noreturn]] void fail() const
    {
        throw std::runtime_error(std::string("PostgreSQL: ") + PQerrorMessage(connection_.get()));
    }
    result_of checked(PGresult* result, ExecStatusType expected) const
    {
        result_of held(result);
        if (PQresultStatus(result) != expected)
            fail();
        return held;
    }
    void execute(const char* statement) { checked(PQexec(connection_.get(), statement), PGRES_COMMAND_OK); }
    void prepare(const char* name, const char* statement)
    {
        checked(PQprepare(connection_.get(), name, statement, 0, nullptr), PGRES_COMMAND_OK);
    }
    template <std::size_t Count>
    result_of call(const char* name, const std::array<std::string, Count>& values, ExecStatusType expected)
    {
        std::array<const char*, Count> texts;
        for (std::size_t i = 0; i < Count; ++i)
            texts[i] = values[i].c_str();
        return checked(PQexecPrepared(connection_.get(), name, Count, texts.data(), nullptr, nullptr, 0), expected);
    }

    std::unique_ptr<PGconn, finish_connection> connection_;
};
}

void prepare_database(const std::string& where) { postgres_store(where).make_tables(); }

std::unique_ptr<hand_store> open_store(const std::string& where)
{
    auto made = std::make_unique<postgres_store>(where);
    made->prepare_statements();
    return made;
}

std::string version_of_store()
{
    return "libpq " + std::to_string(PQlibVersion() / 10'000) + '.' + std::to_string(PQlibVersion() % 10'000);
}
}
