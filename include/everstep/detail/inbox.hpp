#pragma once

// Messages that were taken, for transaction::once.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace everstep::inline v0
{
class transaction;

namespace detail
{
/// The answer that was given to the message of this id, where it was taken within its window. Throws engine_error: conflict, limit.
std::optional<std::string> find_message(transaction& tx, std::string_view id, std::string_view payload);
/// Keeps it, and forgets some whose window has passed.
void keep_message(transaction& tx, std::string_view id, std::string_view payload, std::string answer, std::chrono::milliseconds window);
}
}
