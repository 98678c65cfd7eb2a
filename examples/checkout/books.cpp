#include "books.hpp"

#include <algorithm>

namespace shop
{
books::books(const std::string& file)
    : database_(file, outside_world::tables), has_change_(database_, "SELECT 1 FROM effect WHERE order_id = ? AND kind = ?")
{
}

std::int64_t books::number(const std::string& sql)
{
    return statement(database_, sql).number().value_or(0);
}

std::uint32_t books::last_epoch()
{
    return static_cast<std::uint32_t>(number("SELECT max(epoch) FROM call"));
}

void books::each_call(const std::function<void(const call&)>& take)
{
    statement rows(database_, "SELECT order_id, kind, epoch, begun_at FROM call ORDER BY number");
    rows.bind();
    while (rows.next())
        take({rows.text(0), static_cast<call_kind>(rows.integer(1)), static_cast<std::uint32_t>(rows.integer(2)), rows.integer(3)});
}

std::map<std::string, unsigned> books::changes()
{
    std::map<std::string, unsigned> result;
    statement rows(database_, "SELECT order_id, kind FROM effect");
    rows.bind();
    while (rows.next())
        result[rows.text(0)] |= 1u << rows.integer(1);
    return result;
}

bool books::has_change(const std::string& order_id, call_kind kind)
{
    return has_change_.number(order_id, static_cast<int>(kind)).has_value();
}

std::uint64_t books::repeated_calls()
{
    return static_cast<std::uint64_t>(number("SELECT count(*) - count(DISTINCT token) FROM call"));
}

std::uint64_t books::double_effects()
{
    return static_cast<std::uint64_t>(
        std::max(number("SELECT count(*) - count(DISTINCT order_id || ' ' || kind) FROM effect"),
                 number("SELECT count(*) - count(DISTINCT token) FROM effect")));
}
}
