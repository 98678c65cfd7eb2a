#pragma once

// One delivery of an event as HTTP: what is sent, and what the answer means. Pure: no clock, no socket.
//
//     attempt 1   webhook-id: 4f…   webhook-timestamp: 1700000000   webhook-signature: v1,…
//     attempt 2   webhook-id: 4f…   webhook-timestamp: 1700000005   webhook-signature: v1,…     the same body

#include <everstep/event.hpp>
#include <everstep/webhook.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace everstep::core
{
struct webhook_request
{
    std::vector<webhook_header> headers; ///< all but those of HTTP itself: host, content-length, connection
    std::string body;
};

/// `message_id`: the same for all attempts of one delivery; visible ASCII without dots. `now`: new for each attempt. Throws engine_error
/// (bad_value): the id is none, or the event has an attribute that CloudEvents do not allow; no later attempt would do better.
webhook_request make_webhook_request(const event& what, std::string_view message_id, const webhook_endpoint& to,
                                     std::chrono::sys_seconds now);

enum class webhook_outcome : std::uint8_t
{
    delivered,
    try_again, ///< as the schedule says
    throttle,  ///< the same, and slower: the receiver or what stands before it has too much to do
    gone,      ///< the receiver wants no more of it: disable the endpoint
    refused    ///< we would not send it: a hostile URL or address, a certificate that is not trusted. Somebody must change something first
};

struct webhook_answer
{
    webhook_outcome outcome{};
    unsigned status{};                              ///< of HTTP; 0: there was none
    std::optional<std::chrono::seconds> retry_after{}; ///< what the receiver asks for, 30 days at most
    std::string text{};                             ///< for people; nothing in it is the receiver's
};

/// `retry_after`: the header's value, or empty.
webhook_answer read_answer(unsigned status, std::string_view retry_after, std::chrono::sys_seconds now);

/// Seconds, or a date in any of the three forms of RFC 9110; a date that is over is 0. Nothing where it is neither.
std::optional<std::chrono::seconds> read_retry_after(std::string_view value, std::chrono::sys_seconds now);
}
