#include "outside_world.hpp"

#include <thread>

namespace shop
{
// No syncs: a killed process keeps its page cache, and nobody pulls the plug of this demonstration.
const char* const outside_world::tables = R"(
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = OFF;
    CREATE TABLE IF NOT EXISTS call(number INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, order_id TEXT NOT NULL,
                                    token TEXT NOT NULL, epoch INTEGER NOT NULL, begun_at INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS effect(number INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, order_id TEXT NOT NULL,
                                      token TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS effect_token ON effect(token);
    CREATE INDEX IF NOT EXISTS effect_order ON effect(order_id);
)";

outside_world::outside_world(const std::string& file, std::int64_t epoch, std::chrono::milliseconds duration)
    : books_(file, tables),
      log_call_(books_, "INSERT INTO call(kind, order_id, token, epoch, begun_at) VALUES(?, ?, ?, ?, ?)"),
      find_effect_(books_, "SELECT number FROM effect WHERE token = ? AND kind = ? AND order_id = ?"),
      add_effect_(books_, "INSERT INTO effect(kind, order_id, token) VALUES(?, ?, ?)"), epoch_(epoch),
      half_(std::chrono::microseconds(duration) / 2)
{
}

template <class Work>
void outside_world::in_turn(Work&& work)
{
    const std::lock_guard lock(mutex_);
    try
    {
        work();
    }
    catch (const database_error& why)
    {
        full_ = full_ || why.is_full;
        throw;
    }
}

void outside_world::begin(call_kind kind, const std::string& order_id, const std::string& token)
{
    in_turn([&] { log_call_.run(int(kind), order_id, token, epoch_, std::chrono::steady_clock::now().time_since_epoch().count()); });
    std::this_thread::sleep_for(half_); // the way there
}

// A kill may come before the change, and between the change and the way back: then the caller asks again, with the same token.
std::int64_t outside_world::change(call_kind kind, const std::string& order_id, const std::string& token)
{
    begin(kind, order_id, token);
    std::int64_t number = 0;
    in_turn([&] {
        const auto before = find_effect_.number(token, int(kind), order_id);
        number = before ? *before : add_effect_.run(int(kind), order_id, token);
    });
    std::this_thread::sleep_for(half_);
    return number;
}

void outside_world::refuse(call_kind kind, const std::string& order_id, const std::string& token)
{
    begin(kind, order_id, token);
    std::this_thread::sleep_for(half_);
}
}
