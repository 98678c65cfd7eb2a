#include "replay/undo_list.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <utility>

namespace
{
using everstep::replay::undo;
using everstep::replay::undo_list;

undo_list list_of(std::initializer_list<std::pair<std::uint32_t, const char*>> undos)
{
    undo_list list;
    for (const auto& [saga, name] : undos)
        list.add({.saga = saga, .traits = nullptr, .name = name, .file = "orders.cpp", .line = 88, .result = "{}"});
    return list;
}

/// The names in the order in which they are taken.
std::string taken(undo_list& list, std::uint32_t saga)
{
    std::string names;
    while (const auto one = list.take_newest(saga))
        names += (names.empty() ? "" : " ") + one->name;
    return names;
}

TEST(UndoList, NewListIsEmpty)
{
    undo_list list;
    EXPECT_TRUE(list.empty());
    EXPECT_EQ(list.size(), 0U);
    EXPECT_FALSE(list.take_newest(undo_list::all).has_value());
}

TEST(UndoList, AllAreTakenNewestFirst)
{
    undo_list list = list_of({{1, "charge"}, {1, "reserve"}, {1, "ship"}});
    EXPECT_EQ(taken(list, undo_list::all), "ship reserve charge");
    EXPECT_TRUE(list.empty());
}

TEST(UndoList, AllGoesAcrossSagasInOrderOfRegistration)
{
    undo_list list = list_of({{1, "charge"}, {2, "pick"}, {1, "ship"}, {2, "pack"}});
    EXPECT_EQ(taken(list, undo_list::all), "pack ship pick charge");
}

TEST(UndoList, OneSagaIsTakenAndTheOthersStay)
{
    undo_list list = list_of({{1, "charge"}, {2, "pick"}, {1, "ship"}, {2, "pack"}});
    EXPECT_EQ(taken(list, 1), "ship charge");
    EXPECT_EQ(list.size(), 2U);
    EXPECT_EQ(taken(list, undo_list::all), "pack pick");
}

TEST(UndoList, TheOldestCanBeTaken)
{
    undo_list list = list_of({{1, "charge"}, {2, "pick"}});
    EXPECT_EQ(taken(list, 1), "charge");
    EXPECT_EQ(taken(list, 2), "pick");
}

TEST(UndoList, TakenUndoIsWhatWasAdded)
{
    const int traits{};
    undo_list list;
    list.add({.saga = 3, .traits = &traits, .name = "charge", .file = "orders.cpp", .line = 88, .result = R"({"cents":5})"});
    const auto one = list.take_newest(3);
    ASSERT_TRUE(one.has_value());
    EXPECT_EQ(one->saga, 3U);
    EXPECT_EQ(one->traits, &traits);
    EXPECT_EQ(one->name, "charge");
    EXPECT_EQ(one->file, "orders.cpp");
    EXPECT_EQ(one->line, 88U);
    EXPECT_EQ(one->result, R"({"cents":5})");
}

TEST(UndoList, UnknownSagaHasNone)
{
    undo_list list = list_of({{1, "charge"}});
    EXPECT_FALSE(list.take_newest(7).has_value());
    EXPECT_EQ(list.size(), 1U);
}

TEST(UndoList, ReleaseForgetsOneSagaAndKeepsTheOrderOfTheOthers)
{
    undo_list list = list_of({{1, "charge"}, {2, "pick"}, {3, "note"}, {2, "pack"}, {1, "ship"}});
    list.release(2);
    EXPECT_EQ(taken(list, undo_list::all), "ship note charge");
}

TEST(UndoList, ReleaseOfAnUnknownSagaForgetsNothing)
{
    undo_list list = list_of({{1, "charge"}});
    list.release(2);
    EXPECT_EQ(list.size(), 1U);
}

TEST(UndoList, SagaGoesOnAfterItsRelease)
{
    undo_list list = list_of({{1, "charge"}});
    list.release(1);
    list.add({.saga = 1, .traits = nullptr, .name = "ship", .file = {}, .line = 0, .result = {}});
    EXPECT_EQ(taken(list, 1), "ship");
}

TEST(UndoList, NewestIsTheOneThatIsTakenNext)
{
    undo_list list = list_of({{1, "charge"}, {2, "pick"}});
    EXPECT_EQ(list.newest(undo_list::all)->name, "pick");
    EXPECT_EQ(list.newest(1)->name, "charge");
    EXPECT_EQ(list.newest(3), nullptr);
    EXPECT_EQ(list.size(), 2U);
}

TEST(UndoList, PivotForgetsTheUndosOfItsSaga)
{
    undo_list list = list_of({{1, "charge"}, {2, "pick"}});
    list.pass_pivot(1);
    EXPECT_EQ(taken(list, undo_list::all), "pick");
}

TEST(UndoList, NothingIsKeptPastThePivot)
{
    undo_list list;
    list.pass_pivot(1);
    list.add({.saga = 1, .traits = nullptr, .name = "ship", .file = {}, .line = 0, .result = {}});
    list.add({.saga = 2, .traits = nullptr, .name = "pick", .file = {}, .line = 0, .result = {}});
    EXPECT_EQ(taken(list, undo_list::all), "pick");
}
}
