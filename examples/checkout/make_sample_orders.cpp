// Prints sample_orders.csv: invented orders with all the unevenness of real ones, and some rows that are none. Always the same ones.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <random>
#include <string>

using namespace std::chrono_literals;
using std::chrono::sys_seconds;

namespace
{
std::mt19937_64 numbers(20'260'101); // the standard fixes what it gives, but not what its distributions make of it

std::int64_t from_to(std::int64_t first, std::int64_t last)
{
    return first + static_cast<std::int64_t>(numbers() % static_cast<std::uint64_t>(last - first + 1));
}

std::string id()
{
    const unsigned long long high = numbers(), low = numbers();
    char text[33];
    std::snprintf(text, sizeof text, "%016llx%016llx", high, low);
    return text;
}

std::string in_words(sys_seconds at)
{
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(at - day);
    char text[32];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", int(date.year()), unsigned(date.month()), unsigned(date.day()),
                  int(time.hours().count()), int(time.minutes().count()), int(time.seconds().count()));
    return text;
}

/// Four of five orders are delivered; each other end comes now and then.
const char* status_of(int number)
{
    constexpr const char* others[] = {"shipped", "canceled", "invoiced", "unavailable", "processing"};
    return number % 5 != 3 ? "delivered" : others[(number / 5) % 5];
}

void print_order(int number)
{
    const std::string status = status_of(number);
    const bool packed = status == "delivered" || status == "shipped" || (status == "canceled" && number % 2 == 0);
    const bool paid = number % 37 != 8;
    const sys_seconds purchased = sys_seconds(std::chrono::sys_days(std::chrono::year(2024) / 3 / 1)) + std::chrono::minutes(number * 47);
    const sys_seconds paid_at = purchased + std::chrono::minutes(from_to(5, 3'000));
    sys_seconds handed = paid_at + std::chrono::hours(from_to(6, 160));
    if (number % 29 == 5)
        handed = purchased - 3h; // stages out of order
    const sys_seconds delivered = handed + std::chrono::hours(from_to(20, 600));
    const bool stage_missing = number % 41 == 6;

    const auto field = [](bool there, sys_seconds at) { return there ? in_words(at) : std::string(); };
    std::cout << id() << ',' << id() << ',' << status << ',' << in_words(purchased) << ',' << field(paid, paid_at) << ','
              << field(paid && packed && !stage_missing, handed) << ',' << field(paid && status == "delivered", delivered) << ','
              << in_words(std::chrono::floor<std::chrono::days>(purchased + 480h)) << '\n';
}
}

int main()
{
    std::cout << "order_id,customer_id,status,purchased_at,paid_at,handed_to_carrier_at,delivered_at,estimated_delivery_at\n";
    for (int number = 0; number < 300; ++number)
    {
        print_order(number);
        if (number == 60)
            std::cout << id() << ',' << id() << ",lost,2024-03-03T00:00:00Z,,,,2024-03-20T00:00:00Z\n";
        if (number == 120)
            std::cout << id() << ',' << id() << ",delivered,2024-03-05\n";
        if (number == 180)
            std::cout << id() << ',' << id() << ",delivered,2024-02-30T10:00:00Z,2024-03-07T00:00:00Z,,,2024-03-27T00:00:00Z\n";
        if (number == 240)
            std::cout << ',' << id() << ",shipped,2024-03-09T00:00:00Z,2024-03-09T01:00:00Z,,,2024-03-29T00:00:00Z\n";
    }
}
