#include "crowd.hpp"

#include "order_file.hpp"
#include "outcome.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <thread>

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace shop
{
namespace
{
constexpr std::size_t served_at_once = 64;

sigset_t closing_signal()
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    return set;
}

/// One line, and out: not closing the engine is always safe.
[[noreturn]] void give_up(const std::string& why)
{
    std::cerr << ("checkout: " + why + "\n") << std::flush;
    std::_Exit(2);
}
}

shop_options shop_options::parse(int count, char** arguments)
{
    shop_options result;
    auto day = result.day.count(), service = result.service.count();
    CLI::App command("the shop of the checkout example");
    command.add_option("--orders", result.orders)->required();
    command.add_option("--journal", result.journal)->required();
    command.add_option("--world", result.world)->required();
    command.add_option("--desk", result.desk)->required();
    command.add_option("--rate", result.rate);
    command.add_option("--day-ms", day);
    command.add_option("--service-ms", service);
    try
    {
        command.parse(count, arguments);
    }
    catch (const CLI::ParseError& why)
    {
        throw bad_input(why.what());
    }
    result.day = std::chrono::milliseconds(day);
    result.service = std::chrono::milliseconds(service);
    return result;
}

crowd::crowd(const shop_options& options)
    : orders_(read_orders(options.orders, options.day).orders), desk_(options.desk), rate_(options.rate)
{
    if (desk_.size() != orders_.size())
        throw bad_input(options.orders + ": has changed while the demonstration ran");
    const sigset_t set = closing_signal();
    sigprocmask(SIG_BLOCK, &set, nullptr); // threads inherit it, so that the signal comes to is_open_until alone
}

void crowd::come(const shop_door& door)
{
    desk_.opened();
    boost::asio::thread_pool customers(served_at_once);
    std::thread follower([&] { follow_all(door); });
    const auto interval = std::chrono::duration_cast<clock_type::duration>(std::chrono::duration<double>(1 / rate_));
    auto next = clock_type::now();
    bool open = true;
    for (std::size_t line = 0; line < orders_.size(); ++line)
    {
        if (desk_[line].answered_at)
            continue;
        if (!desk_[line].asked_at) // else a kill took the answer away, and the customer asks again at once
            open = is_open_until(next += interval, door);
        if (!open)
            break;
        desk_.asked(line);
        boost::asio::post(customers, [&, line] { call(door.buy, line); });
    }
    while (open)
        open = is_open_until(clock_type::now() + 1s, door);
    closing_ = true;
    door.close();
    customers.join();
    follower.join();
}

void crowd::call(const std::function<void(const order&, customer)>& action, std::size_t line)
try
{
    action(orders_[line], customer(desk_, line));
}
catch (const std::exception& why)
{
    if (!closing_)
        give_up("order " + orders_[line].id + ": " + why.what());
}

void crowd::follow_all(const shop_door& door)
{
    for (std::size_t line = 0; line < orders_.size(); ++line)
    {
        while (!desk_[line].answered_at && !closing_)
            std::this_thread::sleep_for(10ms);
        const bool ends = expected_outcome(orders_[line]) != outcome::open;
        if (ends && !desk_[line].ended_at && !closing_)
            call(door.follow, line);
    }
}

bool crowd::is_open_until(clock_type::time_point when, const shop_door& door) const
{
    const sigset_t set = closing_signal();
    for (auto left = when - clock_type::now(); left > 0ns; left = when - clock_type::now())
    {
        if (door.is_disk_full()) // an engine waits for room; a demonstration says so and stops
            give_up("the disk is full; nothing is lost, the same journal goes on when there is room");
        const timespec slice{0, std::min(left, clock_type::duration(50ms)) / 1ns};
        if (sigtimedwait(&set, nullptr, &slice) == SIGTERM)
            return false;
    }
    return true;
}
}
