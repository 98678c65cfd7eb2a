#pragma once

// Notifications, for transaction::notify.

#include <string>
#include <string_view>

namespace everstep::inline v0
{
class transaction;

namespace detail
{
/// Publishes it and keeps it. False: one of this id is there. Throws engine_error: not_found, limit.
bool notify(transaction& tx, std::string_view name, std::string partner, std::string id, std::string&& data);
}
}
