#include "engine/open_transaction.hpp"

#include "engine/manual_time.hpp"
#include "engine/stored_rows.hpp"
#include "store/memory_store.hpp"

#include <everstep/services.hpp>
#include <everstep/transaction.hpp>

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

namespace everstep::core
{
namespace
{
const table<int, std::string> numbers{"numbers"};
const table<std::string, int> words{"words"};
const table<std::string, int> numbers_by_word{"numbers"}; ///< of the same name, with other keys

class OpenTransaction : public ::testing::Test
{
protected:
    OpenTransaction()
    {
        store::memory_store::options chosen;
        chosen.can_read = [this] { return readable_; };
        store_ = std::make_unique<store::memory_store>(chosen);
    }

    /// Runs one that stands in the overlay afterwards.
    template <class Body>
    void run(Body&& body)
    {
        open_transaction opened({*store_, overlay_, known_, topics_, value_bytes_max_, bytes_max_, time_});
        transaction tx(opened, services_);
        body(tx);
        ASSERT_FALSE(opened.trouble());
        opened.write_to(batch_);
        overlay_.add(opened.written());
    }
    /// And is durable.
    template <class Body>
    void run_durably(Body&& body)
    {
        run(body);
        commit();
    }
    void commit()
    {
        const std::array<const store::batch*, 1> parts{&batch_};
        store_->commit(parts);
        batch_.clear();
        overlay_.settle(~transaction_number{0});
    }
    template <class Read>
    void look(Read&& read)
    {
        open_transaction opened({*store_, overlay_, known_, topics_, value_bytes_max_, bytes_max_, time_});
        const table_reader reader(opened);
        read(reader);
    }
    std::string all_numbers(int from = 0, int to = 1'000'000)
    {
        std::string text;
        look([&](const table_reader& in) {
            in.range(numbers, from, to, [&](int key, const std::string& value) { text += std::to_string(key) + "=" + value + " "; });
        });
        return text;
    }
    std::size_t stored_records()
    {
        std::size_t count = 0;
        store_->read([&](const store::snapshot& now) { now.scan_rows("", [&](auto, auto) { return ++count, true; }); });
        return count;
    }

    bool readable_{true};
    std::unique_ptr<store::memory_store> store_;
    row_overlay overlay_;
    known_tables known_;
    std::set<std::string, std::less<>> topics_{"orders"};
    services services_;
    store::batch batch_;
    std::size_t value_bytes_max_{100'000};
    std::size_t bytes_max_{1'000'000};
    manual_time time_;
};

TEST_F(OpenTransaction, SeesItsOwnWritesThenThoseOfEarlierOnesThenTheStore)
{
    run_durably([](transaction& tx) {
        tx.put(numbers, 1, "stored");
        tx.put(numbers, 2, "stored");
        tx.put(numbers, 3, "stored");
        tx.put(numbers, 4, "stored");
    });
    run([](transaction& tx) {
        tx.put(numbers, 2, "earlier");
        tx.put(numbers, 3, "earlier");
        tx.erase(numbers, 4);
    });
    run([](transaction& tx) {
        tx.put(numbers, 3, "own");
        EXPECT_EQ(tx.get(numbers, 1), "stored");
        EXPECT_EQ(tx.get(numbers, 2), "earlier");
        EXPECT_EQ(tx.get(numbers, 3), "own");
        EXPECT_FALSE(tx.contains(numbers, 4));
        EXPECT_EQ(tx.get(numbers, 5), std::nullopt);
    });
    EXPECT_EQ(all_numbers(), "1=stored 2=earlier 3=own ");
}

TEST_F(OpenTransaction, AScanMergesAllThreeInOrder)
{
    run_durably([](transaction& tx) {
        for (int n = 0; n < 300; ++n)
            tx.put(numbers, 2 * n, "s");
    });
    run([](transaction& tx) {
        for (int n = 0; n < 300; n += 3)
            tx.erase(numbers, 2 * n);
        tx.put(numbers, 7, "e");
    });
    std::string expected, found;
    for (int n = 0; n < 600; ++n)
        if (n == 7)
            expected += "7e ";
        else if (n % 2 == 0 && n / 2 % 3 != 0)
            expected += std::to_string(n) + "s ";
    look([&](const table_reader& in) { in.all(numbers, [&](int key, const std::string& value) { found += std::to_string(key) + value + " "; }); });
    EXPECT_EQ(found, expected);
}

TEST_F(OpenTransaction, AScanOverNothingButErasedRowsEnds)
{
    run_durably([](transaction& tx) {
        for (int n = 0; n < 500; ++n)
            tx.put(numbers, n, "s");
        tx.put(numbers, 900, "last");
    });
    run([](transaction& tx) {
        for (int n = 0; n < 500; ++n)
            tx.erase(numbers, n);
    });
    EXPECT_EQ(all_numbers(), "900=last ");
    EXPECT_EQ(all_numbers(0, 500), "");
}

TEST_F(OpenTransaction, ABodyMayWriteToWhatItScans)
{
    run_durably([](transaction& tx) {
        for (int n = 0; n < 100; ++n)
            tx.put(numbers, n, "s");
    });
    std::string seen;
    run([&](transaction& tx) {
        tx.range(numbers, 0, 100, [&](int key, const std::string& value) {
            seen += value;
            if (key + 1 < 100 && key % 2 == 0)
                tx.erase(numbers, key + 1);
            if (key == 10)
                tx.put(numbers, 12, "w");
        });
    });
    EXPECT_EQ(seen, "ssssss" + std::string("w") + std::string(43, 's')); // even numbers, the one at 12 as it was written
}

TEST_F(OpenTransaction, AVisitorEndsTheScanWithFalse)
{
    run([](transaction& tx) {
        for (int n = 0; n < 10; ++n)
            tx.put(numbers, n, "s");
        int visits = 0;
        tx.all(numbers, [&](int, const std::string&) { return ++visits < 3; });
        EXPECT_EQ(visits, 3);
    });
}

TEST_F(OpenTransaction, PrefixesAreOfTextsAndOfFirstMembers)
{
    const table<std::pair<int, std::string>, int> pairs{"pairs"};
    run([&](transaction& tx) {
        for (const char* word : {"a", "ab", "abc", "b", ""})
            tx.put(words, word, 1);
        tx.put(pairs, {1, "x"}, 1);
        tx.put(pairs, {1, "y"}, 2);
        tx.put(pairs, {2, "x"}, 3);
        std::string found;
        tx.prefix(words, "ab", [&](const std::string& word, int) { found += word + " "; });
        tx.prefix(words, "", [&](const std::string& word, int) { found += "<" + word + "> "; });
        tx.prefix(pairs, 1, [&](const auto& key, int value) { found += key.second + std::to_string(value) + " "; });
        EXPECT_EQ(found, "ab abc <> <a> <ab> <abc> <b> x1 y2 ");
    });
}

TEST_F(OpenTransaction, TablesDoNotSeeEachOther)
{
    run_durably([](transaction& tx) {
        tx.put(numbers, 1, "one");
        tx.put(words, "one", 1);
    });
    EXPECT_EQ(all_numbers(), "1=one ");
    look([](const table_reader& in) { in.all(words, [](const std::string& word, int) { EXPECT_EQ(word, "one"); }); });
}

TEST_F(OpenTransaction, CompareAndSetChangesWhatIsAsExpectedOnly)
{
    run([](transaction& tx) {
        EXPECT_FALSE(tx.compare_and_set(words, "a", 1, 2)); // is not there
        EXPECT_TRUE(tx.compare_and_set(words, "a", std::nullopt, 1));
        EXPECT_FALSE(tx.compare_and_set(words, "a", std::nullopt, 5));
        EXPECT_FALSE(tx.compare_and_set(words, "a", 7, 5));
        EXPECT_EQ(tx.get(words, "a"), 1);
        EXPECT_TRUE(tx.compare_and_set(words, "a", 1, 2));
        EXPECT_EQ(tx.get(words, "a"), 2);
        EXPECT_TRUE(tx.compare_and_set(words, "a", 2, std::nullopt));
        EXPECT_FALSE(tx.contains(words, "a"));
        EXPECT_TRUE(tx.compare_and_set(words, "a", std::nullopt, std::nullopt));
    });
}

TEST_F(OpenTransaction, ACounterThatWouldPassItsLimitStaysAndSaysSo)
{
    run([](transaction& tx) {
        EXPECT_EQ(tx.add(words, "a"), 1);
        EXPECT_EQ(tx.add(words, "a", -3), -2);
        tx.put(words, "full", std::numeric_limits<int>::max());
        EXPECT_THROW(tx.add(words, "full"), permanent_error);
        EXPECT_EQ(tx.get(words, "full"), std::numeric_limits<int>::max());
    });
}

TEST_F(OpenTransaction, AShorterValueLeavesNoRecordsOfTheLongerOne)
{
    run_durably([](transaction& tx) { tx.put(numbers, 1, std::string(9'000, 'x')); });
    EXPECT_EQ(stored_records(), 1u + 5u); // the table's own row, and the row's five
    run_durably([](transaction& tx) { tx.put(numbers, 1, "short"); });
    EXPECT_EQ(stored_records(), 1u + 1u);
    run_durably([](transaction& tx) { tx.put(numbers, 1, std::string(9'000, 'x')); });
    run([](transaction& tx) { tx.put(numbers, 1, std::string(3'000, 'y')); }); // known by the overlay
    run([](transaction& tx) { tx.erase(numbers, 1); });
    commit();
    EXPECT_EQ(stored_records(), 1u);
}

TEST_F(OpenTransaction, AKeyTypeThatIsNotTheTablesIsRefused)
{
    run_durably([](transaction& tx) { tx.put(numbers, 1, "one"); });
    known_.clear(); // another process
    open_transaction opened({*store_, overlay_, known_, topics_, value_bytes_max_, bytes_max_, time_});
    transaction tx(opened, services_);
    EXPECT_THROW(tx.get(numbers_by_word, "one"), engine_error);
    EXPECT_TRUE(opened.trouble());
}

TEST_F(OpenTransaction, AKeyTypeIsHeldAgainstWhatIsNotDurableYet)
{
    run([](transaction& tx) { tx.put(numbers, 1, "one"); });
    known_.clear();
    open_transaction opened({*store_, overlay_, known_, topics_, value_bytes_max_, bytes_max_, time_});
    transaction tx(opened, services_);
    EXPECT_THROW(tx.put(numbers_by_word, "one", 1), engine_error);
}

TEST_F(OpenTransaction, AKeyTypeIsRefusedWhoeverUsedTheTableBefore)
{
    run_durably([](transaction& tx) { tx.put(numbers, 1, "one"); });
    run([](transaction& tx) { tx.get(numbers, 1); }); // known from here on
    open_transaction opened({*store_, overlay_, known_, topics_, value_bytes_max_, bytes_max_, time_});
    transaction tx(opened, services_);
    EXPECT_THROW(tx.put(numbers_by_word, "one", 1), engine_error);
}

TEST_F(OpenTransaction, WhatItWritesInAllIsBounded)
{
    bytes_max_ = 10'000;
    open_transaction opened({*store_, overlay_, known_, topics_, value_bytes_max_, bytes_max_, time_});
    transaction tx(opened, services_);
    const auto fills = [&] {
        for (int n = 0; n < 100; ++n)
            tx.put(numbers, n, std::string(1'000, 'x'));
    };
    try
    {
        fills();
        ADD_FAILURE() << "there was no end";
    }
    catch (const engine_error& e)
    {
        EXPECT_EQ(e.why(), errc::limit);
    }
}

TEST_F(OpenTransaction, ErasingAloneMakesRoom)
{
    run_durably([](transaction& tx) { tx.put(numbers, 1, "one"); });
    open_transaction erases({*store_, overlay_, known_, topics_, value_bytes_max_, bytes_max_, time_});
    transaction tx(erases, services_);
    tx.erase(numbers, 1);
    EXPECT_FALSE(erases.grows());
    tx.put(numbers, 2, "two");
    EXPECT_TRUE(erases.grows());
    open_transaction publishes({*store_, overlay_, known_, topics_, value_bytes_max_, bytes_max_, time_});
    transaction other(publishes, services_);
    other.publish("orders", 1);
    EXPECT_TRUE(publishes.grows());
}

TEST_F(OpenTransaction, ATableThatAFailedTransactionBeganIsBegunByTheNext)
{
    {
        open_transaction opened({*store_, overlay_, known_, topics_, value_bytes_max_, bytes_max_, time_});
        transaction tx(opened, services_);
        tx.put(numbers, 1, "thrown away");
    }
    run_durably([](transaction& tx) { tx.put(numbers, 2, "kept"); });
    EXPECT_EQ(stored_records(), 2u);
    EXPECT_EQ(all_numbers(), "2=kept ");
}

TEST_F(OpenTransaction, ADamagedRowIsTroubleEvenIfTheBodyCatchesIt)
{
    run_durably([](transaction& tx) { tx.put(numbers, 1, "one"); });
    std::string key, record;
    store_->read([&](const store::snapshot& now) {
        now.scan_rows("", [&](std::string_view at, std::string_view value) {
            if (at.size() > 10)
                key = at, record = value;
            return true;
        });
    });
    record[5] = static_cast<char>(record[5] ^ 1);
    batch_.put_row(key, record);
    commit();
    open_transaction opened({*store_, overlay_, known_, topics_, value_bytes_max_, bytes_max_, time_});
    transaction tx(opened, services_);
    try
    {
        tx.get(numbers, 1);
        ADD_FAILURE() << "it was read";
    }
    catch (const engine_error& e)
    {
        EXPECT_EQ(e.why(), errc::damaged);
    }
    EXPECT_TRUE(opened.trouble());
}

TEST_F(OpenTransaction, AJournalThatCannotBeReadIsTroubleOfItsOwnKind)
{
    readable_ = false;
    open_transaction opened({*store_, overlay_, known_, topics_, value_bytes_max_, bytes_max_, time_});
    transaction tx(opened, services_);
    EXPECT_THROW(tx.get(numbers, 1), engine_error);
    EXPECT_THROW(std::rethrow_exception(opened.trouble()), store::unreadable);
}

TEST_F(OpenTransaction, KeysAndValuesOverTheirLimitAreRefused)
{
    const auto why = [&](auto&& call) {
        open_transaction opened({*store_, overlay_, known_, topics_, value_bytes_max_, bytes_max_, time_});
        transaction tx(opened, services_);
        try
        {
            call(tx);
        }
        catch (const engine_error& e)
        {
            return e.why();
        }
        return errc{};
    };
    EXPECT_EQ(why([](transaction& tx) { tx.put(words, std::string(488, 'k'), 1); }), errc{});
    EXPECT_EQ(why([](transaction& tx) { tx.put(words, std::string(489, 'k'), 1); }), errc::limit);
    EXPECT_EQ(why([](transaction& tx) { tx.get(words, std::string(489, 'k')); }), errc::limit);
    EXPECT_EQ(why([](transaction& tx) { tx.put(numbers, 1, std::string(99'998, 'v')); }), errc{});
    EXPECT_EQ(why([](transaction& tx) { tx.put(numbers, 1, std::string(99'999, 'v')); }), errc::limit);
}
}
}
