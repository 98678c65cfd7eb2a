#include "engine/child_list.hpp"

#include "engine/promise_token.hpp"

#include <gtest/gtest.h>

#include <string>

namespace everstep::core
{
namespace
{
using journal::entry;
using journal::entry_kind;

constexpr base::hash128 seed{11, 22};

class ChildList : public ::testing::Test
{
protected:
    void starts(std::uint32_t path, std::string_view id, std::string_view policy)
    {
        entry e;
        e.kind = entry_kind::child_started;
        e.where = journal::path(path);
        e.name = "charge";
        e.text = id;
        e.code = policy;
        list.take(e, seed);
    }
    void ends(std::uint32_t path)
    {
        const std::string signal = promise_signal(promise_secret(seed, child_promise(journal::path(path), seed)));
        entry e;
        e.kind = entry_kind::signalled;
        e.name = signal;
        list.take(e, seed);
    }
    void cancels(std::string_view which)
    {
        entry e;
        e.kind = entry_kind::children_cancelled;
        e.code = which;
        list.take(e, seed);
    }
    std::string ids() const
    {
        std::string all;
        for (const open_child& one : list.open())
            all += one.id + (one.is_cancelled ? "! " : " ");
        return all;
    }

    child_list list;
};

TEST_F(ChildList, OneIsOpenUntilItsSignalComes)
{
    starts(0, "a", "wait");
    starts(1, "b", "leave");
    EXPECT_TRUE(list.has_waited_for());
    ends(0);
    EXPECT_EQ(ids(), "b ");
    EXPECT_FALSE(list.has_waited_for());
    ends(7);
    EXPECT_EQ(ids(), "b ");
}

TEST_F(ChildList, ACancelIsForThoseThatItNames)
{
    starts(0, "a", "wait");
    starts(1, "b", "cancel");
    starts(2, "c", "leave");
    cancels("cancel");
    EXPECT_EQ(ids(), "a b! c ");
    cancels("wait");
    EXPECT_EQ(ids(), "a! b! c ");
    EXPECT_FALSE(is_to_cancel(list.open().front(), true));
}

TEST_F(ChildList, APolicyOfALaterVersionLeavesThemAlone)
{
    starts(0, "a", "adopt");
    EXPECT_EQ(list.open().front().on_close, close_policy::leave);
}

TEST_F(ChildList, AnAdoptedOneIsKnownByItsSignal)
{
    entry e;
    e.kind = entry_kind::child_adopted;
    e.name = "charge";
    e.type = "everstep.promise.x";
    e.code = "wait";
    e.text = "a";
    list.take(e, seed);
    EXPECT_EQ(ids(), "a ");
    e = {};
    e.kind = entry_kind::signalled;
    e.name = "everstep.promise.x";
    list.take(e, seed);
    EXPECT_EQ(ids(), "");
}
}
}
