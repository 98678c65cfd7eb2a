#include "replay/token.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace everstep::replay
{
namespace
{
journal::path path_of(std::initializer_list<std::uint32_t> numbers)
{
    journal::path made;
    for (const std::uint32_t number : numbers)
        EXPECT_TRUE(made.push(number));
    return made;
}

TEST(Token, IsTheSameForEver) // it is what outside systems deduplicate by
{
    EXPECT_EQ(token_of({0x0123456789abcdef, 0xfedcba9876543210}, path_of({0, 3})), "02035edd029a91fd879054a93ec0cdb7");
}

TEST(Token, HexadecimalDigitsAreAllOfTheBits)
{
    EXPECT_EQ(hex_of({0x0123456789abcdef, 0xfedcba9876543210}), "0123456789abcdeffedcba9876543210");
}

TEST(Token, DiffersByRunAndByPlace)
{
    const base::hash128 seed{1, 2};
    EXPECT_NE(token_of(seed, path_of({0})), token_of(seed, path_of({1})));
    EXPECT_NE(token_of(seed, path_of({0})), token_of(seed, path_of({0, 0})));
    EXPECT_NE(token_of(seed, path_of({0})), token_of({2, 1}, path_of({0})));
    EXPECT_EQ(token_of(seed, path_of({0})).find_first_not_of("0123456789abcdef"), std::string::npos);
}
}
}
