// Messages that were taken: two tables of the engine's own, written in the transaction of what the message does.
//
//     everstep.inbox    id -> hash of the payload, answer, until when it is known
//     everstep.inbox_due    (until when, id) -> nothing: what can be forgotten lies in front
//
// Nothing sweeps them: each message that is kept forgets a few whose window has passed, so they never grow beyond what came in a window.

#include <everstep/detail/inbox.hpp>

#include "base/checksum.hpp"

#include <everstep/error.hpp>
#include <everstep/transaction.hpp>

#include <boost/describe.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace everstep::inline v0::detail
{
namespace
{
constexpr std::size_t id_bytes_max = 255;
/// More than one, so that it catches up.
constexpr std::size_t forgotten_at_once = 4;

struct taken_message
{
    std::uint64_t payload_hash{}; ///< 0: any is the same
    std::string answer;
    std::int64_t until_us{};
};
BOOST_DESCRIBE_STRUCT(taken_message, (), (payload_hash, answer, until_us))

using due_key = std::pair<std::int64_t, std::string>;

const table<std::string, taken_message>& inbox()
{
    static const table<std::string, taken_message> made{identify_own_table("everstep.inbox", "string", "taken_message")};
    return made;
}
const table<due_key, bool>& due()
{
    static const table<due_key, bool> made{identify_own_table("everstep.inbox_due", key_layout<due_key>(), "bool")};
    return made;
}

std::uint64_t hash_of(std::string_view payload) noexcept
{
    return payload.empty() ? 0 : std::max<std::uint64_t>(base::hash64(payload), 1);
}

void forget_some(transaction& tx, std::int64_t now)
{
    std::vector<due_key> passed;
    tx.all(due(), [&](const due_key& key, bool) {
        if (key.first > now || passed.size() == forgotten_at_once)
            return false;
        passed.push_back(key);
        return true;
    });
    for (const due_key& key : passed)
    {
        tx.erase(due(), key);
        const auto kept = tx.get(inbox(), key.second);
        if (kept && kept->until_us == key.first) // else it was taken anew since
            tx.erase(inbox(), key.second);
    }
}
}

std::optional<std::string> find_message(transaction& tx, std::string_view id, std::string_view payload)
{
    if (id.empty() || id.size() > id_bytes_max)
        throw engine_error(errc::limit, "a message's id has 1 to 255 bytes, this one has " + std::to_string(id.size()));
    std::optional<taken_message> kept = tx.get(inbox(), std::string(id));
    if (!kept || kept->until_us <= tx.now().time_since_epoch().count())
        return std::nullopt;
    if (kept->payload_hash != 0 && !payload.empty() && kept->payload_hash != hash_of(payload))
        throw engine_error(errc::conflict, "message '" + std::string(id) + "' was taken with another payload: give a new message a new id");
    return std::move(kept->answer);
}

void keep_message(transaction& tx, std::string_view id, std::string_view payload, std::string answer, std::chrono::milliseconds window)
{
    const std::int64_t now = tx.now().time_since_epoch().count();
    const std::int64_t room = std::numeric_limits<std::int64_t>::max() - now;
    if (const auto inner = tx.get(inbox(), std::string(id)); inner && inner->until_us > now)
        throw engine_error(errc::wrong_use, "message '" + std::string(id) + "' was taken inside its own once: take it in one place");
    const std::int64_t until = now + std::min<std::int64_t>(std::max<std::int64_t>(window.count(), 0), room / 1'000) * 1'000;
    forget_some(tx, now);
    // If we die before the commit, the message is as new as it was, and so is all that it did. If we die after, it is known by its id.
    tx.put(inbox(), std::string(id), {hash_of(payload), std::move(answer), until});
    tx.put(due(), {until, std::string(id)}, true);
}
}
