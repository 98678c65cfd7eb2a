#pragma once

// Types of a shop, one of each kind that the codec knows, for its tests.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <boost/json/value.hpp>

#include <everstep/codec.hpp>

namespace shop
{
enum class color : std::uint8_t
{
    red = 1,
    green = 2,
    blue = 7
};
BOOST_DESCRIBE_ENUM(color, red, green, blue)

struct line
{
    std::string sku;
    double price{};
    int count{1};
    bool operator==(const line&) const = default;
};
BOOST_DESCRIBE_STRUCT(line, (), (sku, price, count))

struct stamped
{
    std::chrono::sys_time<std::chrono::milliseconds> at;
    bool operator==(const stamped&) const = default;
};
BOOST_DESCRIBE_STRUCT(stamped, (), (at))

struct order : stamped
{
    std::string id;
    std::vector<line> lines;
    std::optional<color> gift;
    std::map<std::string, std::int64_t> marks;
    bool operator==(const order&) const = default;
};
BOOST_DESCRIBE_STRUCT(order, (stamped), (id, lines, gift, marks))

/// Holds itself.
struct node
{
    int value{};
    std::vector<node> below;
    bool operator==(const node&) const = default;
};
BOOST_DESCRIBE_STRUCT(node, (), (value, below))

struct nothing
{
    bool operator==(const nothing&) const = default;
};
BOOST_DESCRIBE_STRUCT(nothing, (), ())

/// Can only be moved.
struct parcel
{
    std::unique_ptr<line> content;
    std::unique_ptr<std::optional<int>> weight;
};
BOOST_DESCRIBE_STRUCT(parcel, (), (content, weight))

inline bool operator==(const parcel& a, const parcel& b)
{
    const auto same = [](const auto& x, const auto& y) { return (!x && !y) || (x && y && *x == *y); };
    return same(a.content, b.content) && same(a.weight, b.weight);
}

/// Not described: kept by a codec of its own.
class money
{
public:
    money() = default;
    explicit money(std::int64_t cents) : cents_(cents) {}
    std::int64_t cents() const { return cents_; }
    bool operator==(const money&) const = default;

private:
    std::int64_t cents_ = 0;
};

/// With private members, and one that is not described on purpose.
class account
{
public:
    account() = default;
    explicit account(std::string owner) : owner_(std::move(owner)) {}
    const std::string& owner() const { return owner_; }
    bool operator==(const account&) const = default;

private:
    std::string owner_;
    BOOST_DESCRIBE_CLASS(account, (), (), (), (owner_))
};

using choice = std::variant<std::int32_t, std::string, order, std::int32_t, std::monostate, std::vector<line>>;

/// Everything at once.
struct crate
{
    bool open{};
    char letter{'a'};
    std::int8_t small{};
    std::uint64_t large{};
    float ratio{};
    double weight{};
    std::vector<std::byte> seal;
    std::array<std::byte, 3> mark{};
    std::array<std::uint16_t, 2> pair_of_numbers{};
    std::set<std::string> words;
    std::map<color, int> by_color;
    std::map<std::pair<int, int>, std::string> by_place;
    std::optional<std::optional<int>> maybe;
    choice chosen;
    std::tuple<int, std::string, nothing> three;
    std::chrono::nanoseconds took{};
    boost::json::value any;
    money paid;
    account whose;
    std::vector<bool> bits;
    std::byte one{};
    bool operator==(const crate&) const = default;
};
BOOST_DESCRIBE_STRUCT(crate, (),
                      (open, letter, small, large, ratio, weight, seal, mark, pair_of_numbers, words, by_color,
                       by_place, maybe, chosen, three, took, any, paid, whose, bits, one))
}

template <>
struct everstep::codec<shop::money>
{
    static std::int64_t to(const shop::money& m) { return m.cents(); }
    static shop::money from(std::int64_t cents) { return shop::money(cents); }
    static constexpr const char* name = "money";
};
