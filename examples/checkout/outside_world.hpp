#pragma once

// Where bank, warehouse, carrier and notices keep their books: one SQLite file, which outlives the shop and knows nothing of it.
// Changes are keyed by their token, as a payment provider does it: the second call with a token finds what the first one did.

#include "database.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace shop
{
/// What can be asked of the outside, in the order in which one order may ask it.
enum class call_kind
{
    charge = 1,
    reserve,
    collect,
    notify,
    give_back,
    refund
};

/// Table `call` has every call as it began, `effect` what really changed. Threads: any.
class outside_world
{
public:
    static const char* const tables;

    /// `epoch` tells the calls of this process from those of its forerunners; each call takes `duration`.
    outside_world(const std::string& file, std::int64_t epoch, std::chrono::milliseconds duration);

    /// Makes a change under `token`, or finds that it was made before. Returns its number in the books.
    std::int64_t change(call_kind kind, const std::string& order_id, const std::string& token);
    /// A call that is answered with no.
    void refuse(call_kind kind, const std::string& order_id, const std::string& token);

    /// A write found no room on the disk.
    bool is_full() const noexcept { return full_; }

private:
    void begin(call_kind kind, const std::string& order_id, const std::string& token);
    template <class Work>
    void in_turn(Work&& work);

    std::mutex mutex_; // one connection for all threads; every statement below takes microseconds
    database books_;
    statement log_call_;
    statement find_effect_;
    statement add_effect_;
    std::int64_t epoch_;
    std::chrono::microseconds half_;
    std::atomic<bool> full_{};
};
}
