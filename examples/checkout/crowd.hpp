#pragma once

// The people in front of the shop: they come at their rate, one after the other as the order file has them, and each waits for the
// answer. When a kill took the answer away, they ask again as soon as the shop is back.

#include "checkout.hpp"
#include "front_desk.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace shop
{
/// The command line of the shop's process.
struct shop_options
{
    std::string orders, journal, world, desk;
    double rate{200};
    std::chrono::milliseconds day{20}, service{5};

    /// Throws bad_input.
    static shop_options parse(int count, char** arguments);
};

class crowd
{
public:
    /// One customer of the crowd, with what the customer remembers.
    class customer
    {
    public:
        customer(front_desk& desk, std::size_t line) noexcept : desk_(&desk), line_(line) {}
        void started() { desk_->started(line_); }
        void answered(const receipt& given) { desk_->answered(line_, given); }
        void declined() { desk_->declined(line_); }
        void ended() { desk_->ended(line_); }

    private:
        front_desk* desk_;
        std::size_t line_;
    };
    struct shop_door
    {
        /// From many threads at once; may wait, and throw.
        std::function<void(const order&, customer)> buy;
        /// For every order that was answered and comes to an end; one thread. May wait, and throw.
        std::function<void(const order&, customer)> follow;
        /// Whether there is no point in going on.
        std::function<bool()> is_disk_full;
        /// Ends what waits in the two above.
        std::function<void()> close;
    };

    /// From here on SIGTERM waits for us. Before any other thread is made.
    explicit crowd(const shop_options& options);

    /// The shop is open: all come, until SIGTERM closes it.
    void come(const shop_door& door);

    std::int64_t epoch() const noexcept { return desk_.epoch(); }

private:
    void call(const std::function<void(const order&, customer)>& action, std::size_t line);
    void follow_all(const shop_door& door);
    bool is_open_until(std::chrono::steady_clock::time_point when, const shop_door& door) const;

    std::vector<order> orders_;
    front_desk desk_;
    double rate_;
    std::atomic<bool> closing_{};
};
}
