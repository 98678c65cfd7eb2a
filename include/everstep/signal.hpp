#pragma once

// Signals: messages to one run, by name, kept until its code receives them.
//
//     const picking got = co_await ctx.receive<picking>("picked");                         // in the run
//     if (auto got = co_await ctx.receive_for<picking>("picked", 72h)) …                   // nothing: none came in time
//     shop.run(checkout, "o-17").signal("picked", picking{…}, {.id = message.id});         // from outside
//     co_await ctx.signal(checkout, "o-17", "picked", picking{…});                         // from another run
//     shop.transact([&](transaction& tx) { …; tx.signal(checkout, "o-17", "picked", p); }); // with what is written, or not at all
//     shop.signal_with_start(cart, "c-9", customer, "add", item{…});                        // starts the run where it is not there
//
// A signal is received once, however often the process dies. Signals of one sender to one run come in their order; of one name they are
// received in that order. It need not be waited for: what came before is there at once.
//
// Crash: run::signal returns when the signal is durable: it is then in the history of the run. What a run or a transaction sends is in the
// commit of its turn, and comes a moment later. A run that is parked has it when it is resumed.
// Errors: engine_error: not_found, ended (the run has ended: start another, or tell its caller), limit (over payload_bytes_max, a name over 128
// bytes, a history at its limit). What was sent by a run or a transaction, and was refused so, is a dead letter of the subscription
// "everstep.intents". A signal that cannot be read as what the code receives parks the run (divergence).
// A run that ends leaves signals that it has not received: the log says how many, and metrics::signals_unread counts them.

#include <string>

namespace everstep::inline v0
{
struct signal_options
{
    std::string id{}; ///< of the message, at most 255 bytes: another one with the same id is not received; empty: each is another one
};

namespace detail
{
/// As the engine takes it.
struct signal_message
{
    std::string name;
    std::string type;
    std::string id;
    std::string payload; ///< encoded
};
}
}
