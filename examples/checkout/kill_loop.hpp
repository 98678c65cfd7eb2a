#pragma once

// Starts the shop, kills it mid-way, starts it again, until all that can end has ended.

#include "audit.hpp"
#include "books.hpp"
#include "progress.hpp"
#include "shop_process.hpp"

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace shop
{
class kill_loop
{
public:
    kill_loop(const demo_options& options, const std::vector<order>& orders, front_desk& desk);

    /// Throws what shop_process does, and std::runtime_error when customers wait in vain.
    void run();

    std::size_t kills() const noexcept { return kills_; }
    const std::vector<restart>& restarts() const noexcept { return restarts_; }

private:
    template <class Enough, class End>
    void one_life(Enough enough, End end);
    void look();
    bool is_finished(std::size_t line);

    const demo_options& options_;
    const std::vector<order>& orders_;
    front_desk& desk_;
    books books_;
    progress progress_;
    std::mt19937 chance_{std::random_device{}()};
    std::vector<restart> restarts_;
    std::size_t kills_{};

    std::vector<bool> finished_;
    std::size_t finished_count_{}, answered_count_{};
    std::chrono::steady_clock::time_point next_look_, last_answer_;
};
}
