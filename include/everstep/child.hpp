#pragma once

// Runs that a run starts: children.
//
//     const receipt paid = co_await ctx.call(charge, o.id + "/charge", o);                 // starts it and waits for its result
//
//     auto label = co_await ctx.start_child(print, o.id + "/label", o, {.on_close = close_policy::cancel});
//     …                                                                                    // both go on
//     co_await label.result();                                                             // or with_timeout(2h, label.result())
//
// A child is a run like any other: it has an id of its own, may be looked at, cancelled and signalled by it, and lives on another shard.
// Starting one does not wait until it has begun. What becomes of children that are open when their parent ends is their close policy:
//
//     wait     the parent ends when they have; where it fails or was cancelled, they are cancelled first
//     cancel   they are cancelled when the parent ends, fails or is cancelled, and not waited for
//     leave    they go on by themselves
//
// A cancel of the parent reaches children that are not left, at once. terminate() does not wait: it cancels those. A parent that continues as
// new takes its open children along; a handle of one may be part of the next input.
//
// Threads: as context.
// Lifetime: a handle is a value; it belongs to the run that made it, and its successors.
// Crash: the start is in the commit of the parent's turn, and the child's end, for its parent, in the commit of that end: neither is lost nor
// doubled. `result()` may be awaited once.
// Errors: child_failed from result() and call(), with the code and text that the child has failed with; "cancelled"; "terminated"; "conflict"
// where a run of this id was there that is not this child; "wrong_use", "limit": it could not be started. A child that is parked is waited for.

#include <everstep/detail/child_operation.hpp>
#include <everstep/detail/signal_operation.hpp>
#include <everstep/error.hpp>

#include <boost/describe.hpp>

#include <source_location>
#include <string>
#include <utility>

namespace everstep::inline v0
{
/// A child as something that can be kept: a part of an input or result.
struct child_reference
{
    std::string workflow, id;
    std::string signal; ///< that its end is
};
BOOST_DESCRIBE_STRUCT(child_reference, (), (workflow, id, signal))

template <class Result>
class child
{
public:
    /// For the context.
    explicit child(child_reference to) : to_(std::move(to)) {}

    const std::string& id() const noexcept { return to_.id; }
    /// For context::child, in this run or the one that continues it.
    const child_reference& reference() const noexcept { return to_; }
    /// Waits for its end.
    detail::child_operation<Result> result(std::source_location place = std::source_location::current()) const
    {
        return detail::child_operation<Result>(op_name(to_.signal, place));
    }
    /// Asks it to stop, in the commit of this turn; does not wait for that.
    detail::signal_operation<detail::cancel_order> cancel(const std::string& reason = {},
                                                          std::source_location place = std::source_location::current()) const
    {
        return detail::signal_operation<detail::cancel_order>(op_name::of_engine(detail::cancel_signal, place), std::string(to_.workflow),
                                                              std::string(to_.id), encode(detail::cancel_order{reason, to_.signal}));
    }

private:
    child_reference to_;
};
}
