#include "engine/row_overlay.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace everstep::core
{
namespace
{
row_overlay::rows rows(std::initializer_list<std::pair<const char*, std::optional<std::string>>> all)
{
    row_overlay::rows made;
    for (const auto& [name, value] : all)
        made[std::string("table---") + name].value = value;
    return made;
}

/// "a=1 b=-" of what is in it.
std::string text(const row_overlay& overlay)
{
    std::string shown;
    for (const auto& [name, version] : overlay.in_order("table---"))
        shown += (shown.empty() ? "" : " ") + std::string(name.substr(8)) + "=" + version->value.value_or("-");
    return shown;
}

transaction_number add(row_overlay& to, row_overlay::rows written) { return to.add(written); }

TEST(RowOverlay, LaterTransactionsSeeWhatEarlierOnesWrote)
{
    row_overlay overlay;
    EXPECT_EQ(add(overlay, rows({{"a", "1"}, {"b", "1"}})), 1u);
    EXPECT_EQ(add(overlay, rows({{"b", std::nullopt}, {"c", "2"}})), 2u);
    EXPECT_EQ(text(overlay), "a=1 b=- c=2");
    EXPECT_EQ(overlay.find("table---c")->value, "2");
    EXPECT_EQ(overlay.find("table---b")->value, std::nullopt);
    EXPECT_EQ(overlay.find("table---d"), nullptr);
}

TEST(RowOverlay, ADurableTransactionsRowsLeaveUnlessALaterOneWroteThem)
{
    row_overlay overlay;
    add(overlay, rows({{"a", "1"}, {"b", "1"}}));
    add(overlay, rows({{"b", "2"}, {"c", "2"}}));
    overlay.settle(1);
    EXPECT_EQ(text(overlay), "b=2 c=2");
    overlay.settle(2);
    EXPECT_EQ(text(overlay), "");
}

TEST(RowOverlay, SettlingSeveralAtOnceAndTwiceIsTheSame)
{
    row_overlay overlay;
    add(overlay, rows({{"a", "1"}}));
    add(overlay, rows({{"a", "2"}}));
    add(overlay, rows({{"a", "3"}}));
    overlay.settle(2);
    overlay.settle(2);
    EXPECT_EQ(text(overlay), "a=3");
    overlay.settle(3);
    EXPECT_EQ(add(overlay, rows({{"a", "4"}})), 4u);
    EXPECT_EQ(text(overlay), "a=4");
}

TEST(RowOverlay, WhatItTakesIsGoneFromTheTransaction)
{
    row_overlay overlay;
    row_overlay::rows written = rows({{"a", "1"}});
    overlay.add(written);
    EXPECT_TRUE(written.empty());
}
}
}
