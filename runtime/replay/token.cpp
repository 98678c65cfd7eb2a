#include "replay/token.hpp"

#include "base/bytes.hpp"

namespace everstep::replay
{
std::string hex_of(const base::hash128& bits)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string text(32, '0');
    for (unsigned n = 0; n < 16; ++n)
    {
        text[n] = digits[bits.high >> (60 - 4 * n) & 15];
        text[16 + n] = digits[bits.low >> (60 - 4 * n) & 15];
    }
    return text;
}

std::string token_of(const base::hash128& seed, const journal::path& where)
{
    std::string bytes(16, '\0');
    base::store_little(bytes.data(), seed.high);
    base::store_little(bytes.data() + 8, seed.low);
    return hex_of(base::hash128_of(bytes + where.text()));
}
}
