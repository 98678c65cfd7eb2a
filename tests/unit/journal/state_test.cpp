#include "journal/state.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

namespace everstep::journal
{
namespace
{
using records = std::map<record_key, std::string>;

records written(std::string_view name, std::string_view value)
{
    records all;
    append_state(7, name, value, [&](record_key at, std::string_view record) { all.emplace(at, record); });
    return all;
}

std::optional<std::string> read(const records& all, std::string_view name, bool* is_damaged = nullptr)
{
    state_reader reader(7, name);
    for (auto at = all.lower_bound(state_key(7, name)); at != all.end() && reader.take(at->first, at->second); ++at)
    {
    }
    auto value = reader.value();
    if (is_damaged)
        *is_damaged = reader.is_damaged();
    return value;
}

TEST(State, WhatIsWrittenIsRead)
{
    for (const std::size_t size : {0u, 1u, 1'900u, 2'000u, 5'000u, 100'000u})
    {
        const std::string value(size, 'x');
        const records all = written("stage", value);
        EXPECT_EQ(read(all, "stage"), value) << size;
        for (const auto& [at, record] : all)
        {
            EXPECT_LE(record.size(), record_bytes_max);
            EXPECT_LT(at, state_end(7, "stage"));
        }
    }
}

TEST(State, OneThatWasNeverSetIsNothing)
{
    bool damaged = true;
    EXPECT_EQ(read(written("stage", "1"), "other", &damaged), std::nullopt);
    EXPECT_FALSE(damaged);
    EXPECT_EQ(read({}, "stage", &damaged), std::nullopt);
    EXPECT_FALSE(damaged);
}

TEST(State, NamesLieApart)
{
    records all = written("stage", std::string(5'000, 'x'));
    all.merge(written("other", "2"));
    EXPECT_EQ(read(all, "stage"), std::string(5'000, 'x'));
    EXPECT_EQ(read(all, "other"), "2");
}

TEST(State, DamageIsSeen)
{
    const records whole = written("stage", std::string(5'000, 'x'));
    for (const auto& [at, record] : whole)
    {
        records flipped = whole;
        flipped[at][record.size() / 2] ^= 1;
        bool damaged = false;
        EXPECT_EQ(read(flipped, "stage", &damaged), std::nullopt);
        EXPECT_TRUE(damaged);
        if (at == whole.begin()->first)
            continue; // without its first record there is no value
        records cut = whole;
        cut.erase(at);
        EXPECT_EQ(read(cut, "stage", &damaged), std::nullopt);
        EXPECT_TRUE(damaged);
    }
}
}
}
