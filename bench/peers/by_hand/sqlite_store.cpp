#include "by_hand/hand_store.hpp"

#include <sqlite3.h>
#include <stdexcept>

namespace everstep::bench::peers
{
namespace
{
constexpr const char* file_name = "/by_hand.sqlite";

class sqlite_store final : public hand_store
{
public:
    explicit sqlite_store(const std::string& directory)
    {
        check(sqlite3_open((directory + file_name).c_str(), &database_));
        execute("PRAGMA journal_mode=WAL");
        execute("PRAGMA synchronous=FULL");
        execute(
            "CREATE TABLE IF NOT EXISTS run (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, input TEXT NOT NULL, "
            "result TEXT)");
        execute("CREATE TABLE IF NOT EXISTS step (run INTEGER NOT NULL, number INTEGER NOT NULL, result TEXT NOT NULL, "
                "PRIMARY KEY (run, number)) WITHOUT ROWID");
        begin_ = prepare("BEGIN IMMEDIATE");
        commit_ = prepare("COMMIT");
        // An id that is there already is left as it is, and its number comes back.
        start_ = prepare("INSERT INTO run (id, input) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET id = id "
                         "RETURNING number");
        start_finished_ =
            prepare("INSERT INTO run (id, input, result) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING");
        step_ = prepare("INSERT INTO step (run, number, result) VALUES (?1, ?2, ?3)");
        finish_ = prepare("UPDATE run SET result = ?2 WHERE number = ?1");
    }
    ~sqlite_store() override
    {
        for (sqlite3_stmt* one : {begin_, commit_, start_, start_finished_, step_, finish_})
            sqlite3_finalize(one);
        sqlite3_close(database_);
    }
    sqlite_store(const sqlite_store&) = delete;
    sqlite_store& operator=(const sqlite_store&) = delete;

    std::int64_t start(std::string_view id, std::string_view input) override
    {
        bind(start_, 1, id);
        bind(start_, 2, input);
        if (sqlite3_step(start_) != SQLITE_ROW)
            fail();
        const std::int64_t number = sqlite3_column_int64(start_, 0);
        run(start_);
        return number;
    }
    void start_finished(std::string_view id, std::string_view input, std::string_view result) override
    {
        bind(start_finished_, 1, id);
        bind(start_finished_, 2, input);
        bind(start_finished_, 3, result);
        run(start_finished_);
    }
    void record(std::int64_t number, int step, std::string_view result) override
    {
        bind_number(step_, 1, number);
        bind_number(step_, 2, step);
        bind(step_, 3, result);
        run(step_);
    }
    void record_last(std::int64_t number, int step, std::string_view result) override
    {
        run(begin_);
        record(number, step, result);
        bind_number(finish_, 1, number);
        bind(finish_, 2, result);
        run(finish_);
        run(commit_);
    }
    std::vector<unfinished_run> unfinished() override
    {
        sqlite3_stmt* const find = prepare("SELECT number, (SELECT count(*) FROM step WHERE step.run = run.number) "
                                           "FROM run WHERE result IS NULL");
        std::vector<unfinished_run> found;
        int code = SQLITE_OK;
        while ((code = sqlite3_step(find)) == SQLITE_ROW)
            found.push_back({sqlite3_column_int64(find, 0), sqlite3_column_int(find, 1)});
        sqlite3_finalize(find);
        if (code != SQLITE_DONE)
            fail();
        return found;
    }

private:
    [[noreturn]] void fail() const { throw std::runtime_error(std::string("SQLite: ") + sqlite3_errmsg(database_)); }
    void check(int code) const
    {
        if (code != SQLITE_OK)
            fail();
    }
    void execute(const char* statement) { check(sqlite3_exec(database_, statement, nullptr, nullptr, nullptr)); }
    sqlite3_stmt* prepare(const char* text)
    {
        sqlite3_stmt* made = nullptr;
        check(sqlite3_prepare_v3(database_, text, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr));
        return made;
    }
    /// The bytes stay in place until the statement has run.
    void bind(sqlite3_stmt* to, int place, std::string_view value) const
    {
        check(sqlite3_bind_text(to, place, value.data(), static_cast<int>(value.size()), SQLITE_STATIC));
    }
    void bind_number(sqlite3_stmt* to, int place, std::int64_t value) const
    {
        check(sqlite3_bind_int64(to, place, value));
    }
    /// To its end: the commit is made by then.
    void run(sqlite3_stmt* statement) const
    {
        if (sqlite3_step(statement) != SQLITE_DONE)
            fail();
        check(sqlite3_reset(statement));
    }

    sqlite3* database_{};
    sqlite3_stmt* begin_{};
    sqlite3_stmt* commit_{};
    sqlite3_stmt* start_{};
    sqlite3_stmt* start_finished_{};
    sqlite3_stmt* step_{};
    sqlite3_stmt* finish_{};
};
}

void prepare_database(const std::string& where) { sqlite_store{where}; }

std::unique_ptr<hand_store> open_store(const std::string& where) { return std::make_unique<sqlite_store>(where); }

std::string version_of_store() { return std::string("SQLite ") + sqlite3_libversion(); }
}
