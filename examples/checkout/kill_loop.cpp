#include "kill_loop.hpp"

#include <stdexcept>
#include <thread>

using namespace std::chrono_literals;

namespace shop
{
namespace
{
constexpr auto patience = 60s; ///< without any answer while customers wait
}

kill_loop::kill_loop(const demo_options& options, const std::vector<order>& orders, front_desk& desk)
    : options_(options), orders_(orders), desk_(desk), books_(options.world()), finished_(orders.size())
{
}

void kill_loop::run()
{
    // Spread over the orders, and at a random moment in the life of those that are under way.
    for (std::size_t kill = 1; kill <= options_.kills; ++kill)
        one_life([&] { return desk_.asked_count() >= orders_.size() * kill / (options_.kills + 1); },
                 [&](shop_process& shop) {
                     std::this_thread::sleep_for(std::chrono::microseconds(std::uniform_int_distribution(0, 20'000)(chance_)));
                     shop.check();
                     shop.kill();
                     ++kills_;
                 });
    one_life([&] { return desk_.opened_at() && finished_count_ == orders_.size(); },
             [](shop_process& shop) {
                 if (!shop.close(30s))
                     throw std::runtime_error("the shop did not close well, or not within 30 s");
             });
}

template <class Enough, class End>
void kill_loop::one_life(Enough enough, End end)
{
    const bool is_restart = kills_ > 0;
    desk_.next_epoch();
    shop_process shop(options_);
    last_answer_ = shop.started_at();
    while (!enough())
    {
        shop.check();
        look();
        std::this_thread::sleep_for(2ms);
    }
    end(shop);
    if (is_restart)
        restarts_.push_back({desk_.epoch(), shop.started_at().time_since_epoch().count(), desk_.opened_at()});
}

void kill_loop::look()
{
    const auto now = std::chrono::steady_clock::now();
    if (now < next_look_)
        return;
    next_look_ = now + 50ms;

    for (std::size_t line = 0; line < orders_.size(); ++line)
        if (!finished_[line] && is_finished(line))
        {
            finished_[line] = true;
            ++finished_count_;
        }
    const std::size_t answered = desk_.answered_count();
    if (answered != answered_count_ || answered == desk_.asked_count())
        last_answer_ = now;
    answered_count_ = answered;
    if (now - last_answer_ > patience)
        throw std::runtime_error("the shop has answered nobody for a minute, and " +
                                 std::to_string(desk_.asked_count() - answered) + " customers wait");
    progress_.show({orders_.size(), answered, finished_count_, kills_});
}

/// An order that waits without end has gone as far as it can when the last call before that has been made.
bool kill_loop::is_finished(std::size_t line)
{
    if (expected_outcome(orders_[line]) != outcome::open)
        return desk_[line].ended_at != 0;
    if (!desk_[line].answered_at)
        return false;
    const bool shipped = orders_[line].status == order_status::shipped;
    return books_.has_change(orders_[line].id, shipped ? call_kind::collect : call_kind::reserve);
}
}
