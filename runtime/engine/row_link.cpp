// Tables as the public side names them: everstep/table.hpp.

#include "base/bytes.hpp"
#include "base/checksum.hpp"
#include "journal/row.hpp"

#include <everstep/detail/row_link.hpp>
#include <everstep/error.hpp>

#include <utility>

namespace everstep::inline v0::detail
{
namespace
{
constexpr std::size_t prefix_bytes = 8;
constexpr std::size_t name_bytes_max = 128;
constexpr std::string_view own = "everstep.";
static_assert(prefix_bytes + key_bytes_max == journal::row_name_bytes_max);
}

table_identity identify_table(std::string name, std::string key_type, std::string value_type)
{
    if (name.empty() || name.size() > name_bytes_max)
        throw engine_error(errc::limit, "a table's name has 1 to 128 bytes, this one has " + std::to_string(name.size()));
    if (std::string_view(name).starts_with(own))
        throw engine_error(errc::wrong_use, "table names that begin with 'everstep.' are the engine's own: choose another one");
    return identify_own_table(std::move(name), std::move(key_type), std::move(value_type));
}

table_identity identify_own_table(std::string name, std::string key_type, std::string value_type)
{
    std::string prefix(prefix_bytes, '\0');
    base::store_big(prefix.data(), base::hash64(name));
    std::string checked = name + '\0' + key_type;
    return {std::move(name), std::move(prefix), std::move(key_type), std::move(value_type), std::move(checked)};
}

void refuse_key(const table_identity& of, std::size_t bytes)
{
    throw engine_error(errc::limit, "a key of table '" + of.name + "' has " + std::to_string(bytes) + " bytes, the limit is " +
                                        std::to_string(key_bytes_max) + ": use its hash");
}

void refuse_row(const table_identity& of, std::string_view what)
{
    throw engine_error(errc::damaged, "a row of table '" + of.name + "' cannot be read: " + std::string(what));
}

std::string name_after(std::string prefix)
{
    while (!prefix.empty() && prefix.back() == '\xFF')
        prefix.pop_back();
    if (!prefix.empty())
        prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
    return prefix;
}
}
