#pragma once

// What is kept of notifications: two tables of the engine's own.
//
//     everstep.notification   (name, id) -> all of it
//     everstep.notification_due   (until when, name, id) -> nothing: what can be forgotten lies in front
//
// Nothing sweeps them: each that is sent forgets a few that are over longer than they are kept.

#include "base/ids.hpp"

#include <everstep/notification.hpp>
#include <everstep/table.hpp>

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace everstep::core
{
using notification_key = std::pair<std::string, std::string>;
using notification_due_key = std::tuple<base::time_us, std::string, std::string>;

const table<notification_key, notification>& notification_table();
const table<notification_due_key, bool>& notification_due_table();

/// The topic of notifications, which is also their subscription.
std::string notification_topic(std::string_view name);

/// What one attempt has changed.
struct notification_change
{
    std::string id;
    notification_state state{};
    std::uint32_t attempts{};
    base::time_us now{};
    base::time_us next{};
    std::string code;
    std::string text;
};
/// Rows are UTF-8, what an exception says is bytes: what is none becomes U+FFFD.
void make_text(std::string& bytes);

/// In the transaction that writes what became of the delivery. `topic` is the subscription's name.
void write(transaction& tx, const std::string& topic, base::time_us keep, const notification_change& what);
}
