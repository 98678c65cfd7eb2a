#include "../order_file.hpp"

#include <gtest/gtest.h>

#include <sstream>

using namespace std::chrono_literals;

namespace shop
{
namespace
{
const std::string heading =
    "order_id,customer_id,status,purchased_at,paid_at,handed_to_carrier_at,delivered_at,estimated_delivery_at\n";

order_list read(const std::string& text)
{
    std::istringstream in(text);
    return read_orders(in, "orders.csv", 20ms);
}

std::string row(const std::string& id, const std::string& status = "delivered", const std::string& purchased = "2017-10-02T10:56:00Z")
{
    return id + ",c1," + status + "," + purchased + ",2017-10-02T11:07:01Z,,2017-10-10T21:25:00Z,2017-10-18T00:00:00Z\n";
}

std::string refusal(const std::string& text)
{
    try
    {
        read(text);
        return "was not refused";
    }
    catch (const bad_input& why)
    {
        return why.what();
    }
}

void expect_skipped(const std::string& rows, std::size_t line, const std::string& why)
{
    const auto result = read(heading + rows);
    ASSERT_EQ(result.skipped.size(), 1u) << rows;
    EXPECT_EQ(result.skipped[0].line, line);
    EXPECT_EQ(result.skipped[0].why, why);
}
}

TEST(OrderFile, RowBecomesOrder)
{
    const auto result = read(heading + row("o1"));
    ASSERT_EQ(result.orders.size(), 1u);
    const order& o = result.orders[0];
    EXPECT_EQ(o.id, "o1");
    EXPECT_EQ(o.customer, "c1");
    EXPECT_EQ(o.status, order_status::delivered);
    EXPECT_EQ(o.purchased_at, std::chrono::sys_seconds(1506941760s));
    EXPECT_EQ(*o.paid_at - o.purchased_at, 11min + 1s);
    EXPECT_FALSE(o.handed_to_carrier_at);
    EXPECT_EQ(o.day, 20ms);
}

TEST(OrderFile, ColumnsAreFoundByTheirNames)
{
    const auto result = read("extra,status,order_id,delivered_at,purchased_at,paid_at,handed_to_carrier_at,estimated_delivery_at,customer_id\n"
                             "x,shipped,o7,,2017-10-02T10:56:00Z,,,,c9\n");
    ASSERT_EQ(result.orders.size(), 1u);
    EXPECT_EQ(result.orders[0].id, "o7");
    EXPECT_EQ(result.orders[0].customer, "c9");
}

TEST(OrderFile, MissingColumnIsNamed)
{
    EXPECT_EQ(refusal("order_id,customer_id,status,purchased_at,handed_to_carrier_at,delivered_at,estimated_delivery_at\n"),
              "orders.csv: column paid_at is missing");
}

TEST(OrderFile, EmptyFileIsRefused)
{
    EXPECT_EQ(refusal(""), "orders.csv: is empty");
}

TEST(OrderFile, MissingFileIsRefusedWithItsReason)
{
    EXPECT_THROW(read_orders("no/such/file.csv", 20ms), bad_input);
}

TEST(OrderFile, UnknownStatusIsSkippedWithItsLine)
{
    expect_skipped(row("o1") + row("o2", "lost") + row("o3"), 3, "unknown status 'lost'");
}

TEST(OrderFile, ShortRowIsSkipped)
{
    expect_skipped("o1,c1,delivered\n", 2, "3 fields instead of 8");
}

TEST(OrderFile, DateThatDoesNotExistIsSkipped)
{
    expect_skipped(row("o1", "delivered", "2017-02-30T10:56:00Z"), 2, "purchased_at '2017-02-30T10:56:00Z' is no time");
}

TEST(OrderFile, SecondRowOfOneOrderIsSkipped)
{
    expect_skipped(row("o1") + row("o1", "canceled"), 3, "order o1 is already on line 2");
}

TEST(OrderFile, RowWithoutIdIsSkipped)
{
    expect_skipped(row(""), 2, "order_id is not 1 to 255 printable characters");
}

TEST(OrderFile, OpenQuotationMarkIsSkipped)
{
    expect_skipped("\"o1,c1\n", 2, "a quotation mark is not closed");
}

TEST(OrderFile, LineEndsMarksAndQuotesOfSpreadsheetsAreUnderstood)
{
    const auto result = read("\xEF\xBB\xBF" + heading.substr(0, heading.size() - 1) + "\r\n\"o\"\"1\",c1,canceled,2017-10-02T10:56:00Z,,,,\r\n\r\n");
    ASSERT_EQ(result.orders.size(), 1u);
    EXPECT_EQ(result.orders[0].id, "o\"1");
    EXPECT_TRUE(result.skipped.empty());
}

TEST(OrderFile, GarbageIsSkippedInOneReadableLine)
{
    expect_skipped(row("o1", "\x01\xFF" + std::string(80, 'x')), 2, "unknown status '??" + std::string(58, 'x') + "...'");
}
}
