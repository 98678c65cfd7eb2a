#include "replay/token.hpp"

#include "base/bytes.hpp"

namespace everstep::replay
{
std::string token_of(const base::hash128& seed, const journal::path& where)
{
    std::string bytes(16, '\0');
    base::store_little(bytes.data(), seed.high);
    base::store_little(bytes.data() + 8, seed.low);
    const base::hash128 hash = base::hash128_of(bytes + where.text());
    static constexpr char digits[] = "0123456789abcdef";
    std::string token(32, '0');
    for (unsigned n = 0; n < 16; ++n)
    {
        token[n] = digits[hash.high >> (60 - 4 * n) & 15];
        token[16 + n] = digits[hash.low >> (60 - 4 * n) & 15];
    }
    return token;
}
}
