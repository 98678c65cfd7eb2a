#pragma once

// The books of the outside world, as an auditor reads them: while the shop works, and after it.

#include "database.hpp"
#include "outside_world.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace shop
{
class books
{
public:
    explicit books(const std::string& file);

    struct call
    {
        std::string order_id;
        call_kind kind{};
        std::uint32_t epoch{};
        std::int64_t begun_at{}; ///< steady_clock: only comparable for calls since the machine was started
    };

    /// Of all processes so far; 0 in new books.
    std::uint32_t last_epoch();
    /// In the order in which they began.
    void each_call(const std::function<void(const call&)>& take);
    /// Bit 1 << kind for each kind of change that was made for the order.
    std::map<std::string, unsigned> changes();
    bool has_change(const std::string& order_id, call_kind kind);
    std::uint64_t repeated_calls();
    /// Changes beyond the first one for an order and kind, or under a token.
    std::uint64_t double_effects();

private:
    std::int64_t number(const std::string& sql);

    database database_;
    statement has_change_;
};
}
