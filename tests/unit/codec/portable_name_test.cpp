// The names are in journals too, and the same under every compiler.

#include <gtest/gtest.h>

#include "shop_types.hpp"

namespace names
{
template <class A, class B = int>
struct box
{
};
template <int N>
struct fixed
{
};
inline namespace v2
{
struct versioned
{
};
}
struct outer
{
    struct inner
    {
    };
};
struct moved
{
};
}

template <>
struct everstep::codec_names<names::moved>
{
    static constexpr std::string_view type = "shop.moved";
};

namespace
{
struct hidden
{
};

template <class T>
void expect_name(std::string_view name)
{
    EXPECT_EQ(everstep::type_name<T>(), name);
}

TEST(PortableName, SimpleTypesHaveShortNames)
{
    expect_name<void>("void");
    expect_name<everstep::detail::unit>("void");
    expect_name<std::monostate>("monostate");
    expect_name<bool>("bool");
    expect_name<char>("char");
    expect_name<std::byte>("byte");
    expect_name<signed char>("i8");
    expect_name<unsigned char>("u8");
    expect_name<short>("i16");
    expect_name<unsigned>("u32");
    expect_name<long>("i64");
    expect_name<long long>("i64");
    expect_name<unsigned long>("u64");
    expect_name<float>("f32");
    expect_name<double>("f64");
    expect_name<std::string>("string");
    expect_name<boost::json::value>("json");
}

TEST(PortableName, StandardTemplatesAreComposed)
{
    using namespace std::chrono;
    expect_name<std::vector<std::byte>>("bytes");
    expect_name<std::array<std::byte, 16>>("bytes<16>");
    expect_name<std::vector<shop::order>>("vector<shop::order>");
    expect_name<std::array<int, 3>>("array<i32,3>");
    expect_name<std::map<std::string, std::vector<double>>>("map<string,vector<f64>>");
    expect_name<std::set<shop::color>>("set<shop::color>");
    expect_name<std::optional<std::unique_ptr<shop::line>>>("optional<unique_ptr<shop::line>>");
    expect_name<shop::choice>("variant<i32,string,shop::order,i32,monostate,vector<shop::line>>");
    expect_name<std::tuple<>>("tuple<>");
    expect_name<std::pair<int, bool>>("tuple<i32,bool>");
    expect_name<milliseconds>("duration<i64,1/1000>");
    expect_name<hours>("duration<i64,3600>");
    expect_name<duration<double>>("duration<f64,1>");
    expect_name<sys_time<nanoseconds>>("time<i64,1/1000000000>");
}

TEST(PortableName, UserTypesAreNamedWithTheirNamespaces)
{
    expect_name<shop::order>("shop::order");
    expect_name<const shop::order&>("shop::order");
    expect_name<names::outer::inner>("names::outer::inner");
    expect_name<names::versioned>("names::v2::versioned");
    expect_name<hidden>("hidden");
    expect_name<everstep::step_failed>("everstep::step_failed");
}

TEST(PortableName, UserTemplatesAreNamedWithOurNamesOfTheirParts)
{
    expect_name<names::box<std::string>>("names::box<string,i32>");
    expect_name<names::box<names::box<hidden>, std::vector<long>>>("names::box<names::box<hidden,i32>,vector<i64>>");
    expect_name<names::fixed<3>>("names::fixed<3>");
}

TEST(PortableName, UsersMayNameTheirTypes)
{
    expect_name<shop::money>("money");
    expect_name<names::moved>("shop.moved");
    expect_name<std::vector<names::moved>>("vector<shop.moved>");
}

TEST(PortableName, NamesStayWhereTheyAre)
{
    EXPECT_EQ(everstep::type_name<shop::order>().data(), everstep::type_name<shop::order>().data());
}
}
