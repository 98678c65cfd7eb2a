#pragma once

// Short words for tests of stores: one put, one get, all rows of a table.

#include "store/store.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace everstep::test
{
using store::batch;
using store::key;
using store::outcome;
using store::table;

inline batch puts(std::initializer_list<std::pair<key, std::string>> rows, table where = table::history)
{
    batch made;
    for (const auto& [at, value] : rows)
        made.put(where, at, value);
    return made;
}

/// Keys (major, 0), (major, 1), …, all with the same value.
inline batch rows_of(std::uint64_t major, std::uint64_t count, const std::string& value, table where = table::history)
{
    batch made;
    for (std::uint64_t i = 0; i < count; ++i)
        made.put(where, {major, i}, value);
    return made;
}

inline store::commit_result commit(store::store& into, const batch& one)
{
    const batch* part = &one;
    return into.commit({&part, 1});
}

inline std::optional<std::string> get(const store::store& from, key at, table where = table::history)
{
    std::optional<std::string> found;
    from.read([&](const store::snapshot& now)
    {
        if (const auto value = now.get(where, at))
            found.emplace(*value);
    });
    return found;
}

inline std::vector<std::pair<key, std::string>> rows(const store::store& from, table where = table::history, key first = {})
{
    std::vector<std::pair<key, std::string>> found;
    from.read([&](const store::snapshot& now)
    {
        now.scan(where, first, [&](key at, std::string_view value)
        {
            found.emplace_back(at, value);
            return true;
        });
    });
    return found;
}
}
