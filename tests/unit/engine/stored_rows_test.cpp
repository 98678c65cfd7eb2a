#include "engine/stored_rows.hpp"

#include "journal/row.hpp"
#include "store/memory_store.hpp"

#include <everstep/table.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace everstep::core
{
namespace
{
const detail::table_identity numbers = detail::identify_table("numbers", "i32", "string");
const detail::table_identity words = detail::identify_table("numbers", "string", "string");

class StoredRows : public ::testing::Test
{
protected:
    void put(const std::string& key, const std::string& value) { put_row(numbers.prefix + key, value); }
    void put_row(const std::string& name, const std::string& value)
    {
        store::batch made;
        journal::append_row(name, value, [&](std::string_view at, std::string_view record) { made.put_row(at, record); });
        commit(made);
    }
    void erase_record(const std::string& name, std::uint32_t number)
    {
        std::string key;
        journal::row_record_key(name, number, key);
        store::batch made;
        made.erase_row(key);
        commit(made);
    }
    void commit(const store::batch& made)
    {
        const std::array<const store::batch*, 1> parts{&made};
        store_.commit(parts);
    }
    template <class Look>
    void look(Look&& with)
    {
        store_.read([&](const store::snapshot& now) { with(now); });
    }
    std::vector<detail::found_row> page(const std::string& from, const std::string& to, bool& more)
    {
        std::vector<detail::found_row> found;
        look([&](const store::snapshot& now) { more = read_page(now, numbers, numbers.prefix + from, to, found); });
        return found;
    }

    store::memory_store store_;
};

TEST_F(StoredRows, ARowIsReadWithTheNumberOfItsRecords)
{
    put("a", "value");
    put("b", std::string(5'000, 'x'));
    look([](const store::snapshot& now) {
        std::string value;
        EXPECT_EQ(read_row(now, numbers, numbers.prefix + "a", value), 1u);
        EXPECT_EQ(value, "value");
        EXPECT_EQ(read_row(now, numbers, numbers.prefix + "b", value), 3u);
        EXPECT_EQ(value, std::string(5'000, 'x'));
        EXPECT_EQ(read_row(now, numbers, numbers.prefix + "c", value), 0u);
        EXPECT_EQ(count_records(now, numbers.prefix + "b"), 3u);
        EXPECT_EQ(count_records(now, numbers.prefix + "c"), 0u);
    });
}

TEST_F(StoredRows, ARowThatLacksARecordIsDamaged)
{
    put("b", std::string(5'000, 'x'));
    erase_record(numbers.prefix + "b", 2);
    look([](const store::snapshot& now) {
        std::string value;
        EXPECT_THROW(read_row(now, numbers, numbers.prefix + "b", value), engine_error);
        std::vector<detail::found_row> found;
        EXPECT_THROW(read_page(now, numbers, numbers.prefix, "", found), engine_error);
    });
}

TEST_F(StoredRows, ADamagedFirstRecordIsNotCounted)
{
    put("b", std::string(5'000, 'x'));
    std::string key, record;
    journal::row_record_key(numbers.prefix + "b", 0, key);
    look([&](const store::snapshot& now) { record = *now.row(key); });
    record[4] = '\x7F'; // of its length
    store::batch made;
    made.put_row(key, record);
    commit(made);
    look([](const store::snapshot& now) { EXPECT_THROW(count_records(now, numbers.prefix + "b"), engine_error); });
}

TEST_F(StoredRows, APageIsBoundedAndSaysWhetherThereIsMore)
{
    for (int n = 0; n < 100; ++n)
        put("k" + std::to_string(100 + n), "v");
    bool more = false;
    EXPECT_EQ(page("", "", more).size(), page_rows_max);
    EXPECT_TRUE(more);
    EXPECT_EQ(page("k150", "", more).size(), 50u);
    EXPECT_FALSE(more);
    for (int n = 0; n < 3; ++n)
        put("long" + std::to_string(n), std::string(200'000, 'x'));
    EXPECT_EQ(page("long", "", more).size(), 2u);
    EXPECT_TRUE(more);
}

TEST_F(StoredRows, APageEndsWhereItsTableOrItsRangeDoes)
{
    put("a", "1");
    put("b", "2");
    put_row(detail::name_after(numbers.prefix) + "x", "of another table");
    bool more = true;
    EXPECT_EQ(page("", "", more).size(), 2u);
    EXPECT_FALSE(more);
    EXPECT_EQ(page("", numbers.prefix + "b", more).size(), 1u);
    EXPECT_EQ(page(std::string("b\xFF\xFF\xFF"), "", more).size(), 0u);
}

TEST_F(StoredRows, TheTablesOwnRowIsNoneOfTheUsers)
{
    put_row(numbers.prefix, describe_table(numbers));
    put("a", "1");
    bool more = false;
    const auto found = page("", "", more);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found.front().name, numbers.prefix + "a");
}

TEST_F(StoredRows, TheTablesOwnRowIsHeldAgainstTheCode)
{
    EXPECT_NO_THROW(check_table(numbers, describe_table(numbers)));
    EXPECT_EQ(describe_table(numbers), R"({"name":"numbers","key":"i32","value":"string"})");
    try
    {
        check_table(words, describe_table(numbers));
        ADD_FAILURE() << "other keys were taken";
    }
    catch (const engine_error& e)
    {
        EXPECT_EQ(e.why(), errc::wrong_use);
        EXPECT_NE(e.text().find("table 'numbers' has keys of type i32 in the journal, the code asks for string"), std::string::npos) << e.text();
    }
    detail::table_identity other = numbers;
    other.name = "of the same hash";
    EXPECT_THROW(check_table(other, describe_table(numbers)), engine_error);
}

TEST_F(StoredRows, ASnapshotsReaderChecksKeyTypesToo)
{
    put_row(words.prefix, describe_table(words));
    put("a", "1");
    look([](const store::snapshot& now) {
        snapshot_rows rows(now);
        std::string value;
        EXPECT_TRUE(rows.get(words, words.prefix + "a", value));
        std::vector<detail::found_row> found;
        rows.page(words, words.prefix, "", found);
        EXPECT_EQ(found.size(), 1u);
        // One that has looked into the table under its right keys is no pass for wrong ones.
        EXPECT_THROW(rows.get(numbers, numbers.prefix + "a", value), engine_error);
        snapshot_rows others(now);
        EXPECT_THROW(others.get(numbers, numbers.prefix + "a", value), engine_error);
        EXPECT_THROW(others.page(numbers, numbers.prefix, "", found), engine_error);
    });
}
}
}
