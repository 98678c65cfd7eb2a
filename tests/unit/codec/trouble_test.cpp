#include <everstep/detail/codec_trouble.hpp>

#include <gtest/gtest.h>

#include "refusal.hpp"

namespace
{
using everstep::detail::codec_trouble;

std::string raised(const codec_trouble& trouble)
{
    return refusal([&] { trouble.raise("top"); });
}

TEST(Trouble, EveryLevelPutsItsPartInFront)
{
    codec_trouble trouble;
    EXPECT_FALSE(trouble.refuse("no good"));
    EXPECT_FALSE(trouble.in_member("price"));
    EXPECT_FALSE(trouble.in_element(3));
    EXPECT_FALSE(trouble.in_key("a b"));
    EXPECT_FALSE(trouble.in_member("lines"));
    EXPECT_EQ(raised(trouble), "top.lines[\"a b\"][3].price: no good");
}

TEST(Trouble, LongKeysAreCutBetweenCharacters)
{
    codec_trouble trouble;
    trouble.refuse("no good");
    trouble.in_key(std::string(63, 'x') + "é");
    EXPECT_EQ(raised(trouble), "top[\"" + std::string(63, 'x') + "…\"]: no good");
}

TEST(Trouble, ALaterReasonReplacesAnEarlierOne)
{
    codec_trouble trouble;
    trouble.refuse("first");
    trouble.in_member("a");
    trouble.refuse_name("pink", "value", "color");
    EXPECT_EQ(raised(trouble), "top: \"pink\" is no value of color");
}
}
