#pragma once

// A closed loop of callers without threads of its own: each answer of the engine makes the next request, on the thread that
// brought the answer. The driver shares the processors with what it measures, so it takes as little of them as it can: no
// wake-ups, no executor, one small object a request.
//
// Threads: begin, complete and drain from the one thread that made the client.
// Lifetime: the engine outlives the client; drain before destroying either.

#include "floor/run_writer.hpp"
#include "support/checkout.hpp"
#include "support/latencies.hpp"

#include <everstep/engine.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace everstep::bench
{
/// When a slot of the loop is free for its next run.
enum class slot_until : std::uint8_t
{
    acknowledged, ///< the start is durable
    replied,      ///< the run's early answer is durable
    ended         ///< the run's result is durable
};

/// A completion token of ours: the receiver itself. Found by argument-dependent lookup from engine::async_start and
/// run::async_result, so the benchmark goes through the public interface without the cost of an executor.
struct direct
{
    std::unique_ptr<detail::receiver> to;
};

template <class Tag>
void async_submit(Tag&&, const std::weak_ptr<detail::engine_core>& core, detail::request what, direct token)
{
    detail::submit(core, std::move(what), std::move(token.to));
}

/// What a client asks of the engine for one run.
struct calls
{
    std::function<void(std::string id, const order&, direct)> start;
    std::function<void(const std::string& id, direct)> wait; ///< empty: a start that is acknowledged is all
};

/// Of a workflow that takes an order.
template <class Result, class Reply>
calls calls_of(engine& to, workflow<Result, Reply> (*function)(context&, order), slot_until until)
{
    calls made;
    made.start = [&to, function](std::string id, const order& work, direct token)
    { to.async_start(function, std::move(id), work, std::move(token)); };
    if (until == slot_until::ended)
        made.wait = [&to, function](const std::string& id, direct token)
        { to.run(function, id).async_result(std::move(token)); };
    else if (until == slot_until::replied)
        made.wait = [&to, function](const std::string& id, direct token)
        { to.run(function, id).async_reply(std::move(token)); };
    return made;
}

class client
{
public:
    /// `latency` gets start to acknowledged, or start to answer. `ids` makes the run ids of one client differ from another's.
    client(calls to, std::size_t in_flight, latencies& latency, std::uint64_t ids = 0);
    client(engine& to, workload function, slot_until until, std::size_t in_flight, latencies& latency, std::uint64_t ids = 0)
        : client(calls_of(to, function, until), in_flight, latency, ids)
    {
    }

    /// All at once, or with a pause between every two, so that they do not go in step with each other.
    void begin(clock::duration pause = {});
    /// Waits until `count` more slots came free since the last call (or begin). Throws std::runtime_error when a run failed.
    void complete(std::size_t count);
    /// Starts nothing more and waits for what is in flight.
    void drain();

    /// Slots that came free until now.
    std::size_t completed() const noexcept { return completed_.load(); }

private:
    struct slot
    {
        order work;
        clock::time_point began;
    };
    class answered;

    void start(std::uint32_t index);
    void await_answer(std::uint32_t index, const std::string& id);
    void finish(std::uint32_t index);
    void fail(const detail::answer& a);
    void wait_until(const std::atomic<std::size_t>& level, std::size_t at_least);

    calls calls_;
    latencies& latency_;
    std::vector<slot> slots_;
    std::atomic<std::uint64_t> next_id_;
    std::size_t asked_{};               ///< completions that complete() waited for, in all
    std::atomic<std::size_t> target_;   ///< of completed_, at which the waiting thread is woken
    std::atomic<std::size_t> completed_{};
    std::atomic<std::size_t> idle_{};   ///< slots that stay free
    std::atomic<bool> stopping_{};
    std::atomic<std::uint32_t> wakes_{};
    std::mutex mutex_; ///< guards failure_
    std::string failure_;
};
}
