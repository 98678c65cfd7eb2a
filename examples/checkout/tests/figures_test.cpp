#include "../figures.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <sstream>

namespace shop
{
TEST(Figures, SpreadTakesTheNearestRank)
{
    std::vector<double> values(200);
    std::iota(values.rbegin(), values.rend(), 1.0);
    const spread s = spread::of(values);
    EXPECT_EQ(s.p50, 100.0);
    EXPECT_EQ(s.p99, 198.0);
    EXPECT_EQ(s.max, 200.0);
}

TEST(Figures, SpreadOfNothingIsNothing)
{
    EXPECT_FALSE(spread::of({}).p50);
}

TEST(Figures, JsonHasEveryFigure)
{
    figures f;
    f.orders_read = 5;
    f.answer.p50 = 6.25;
    f.answer.p99 = 10;
    f.journal_bytes = 4096;
    EXPECT_EQ(to_json(f), R"({
  "orders_read": 5,
  "orders_skipped": 0,
  "paid": 0,
  "declined": 0,
  "delivered": 0,
  "compensated": 0,
  "open": 0,
  "kills": 0,
  "lost_acknowledged": 0,
  "double_effects": 0,
  "repeated_calls": 0,
  "recorded_steps_rerun": 0,
  "answer_ms": {"p50": 6.250, "p99": 10.000},
  "synchronous_ms": {"p50": null, "p99": null},
  "recovery_ms": {"p50": null, "max": null},
  "journal_bytes": 4096
}
)");
}

TEST(Figures, TableShowsWhatWasNotMeasured)
{
    std::ostringstream out;
    print_table(out, {});
    EXPECT_NE(out.str().find("recovery_ms             p50 -  max -"), std::string::npos);
}
}
