#pragma once

// What is built on the engine and lives as long as it is open: it hears of commits, of its alarm, and of the end. One thread of its own
// at most, which calls shard_host::enter_thread() first.
//
// Threads: every call may come from any thread of the engine, and must not block for long.

#include "journal/event.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace everstep::core
{
class attachment
{
public:
    virtual ~attachment() = default;

    /// The engine is open to requests from now on. `alarm` is its number with the time source. Throws engine_error: the engine does not open.
    virtual void start(std::size_t alarm) = 0;
    /// Something is durable, or never will be; events below `next` are there.
    virtual void put_durable(journal::event_number next) noexcept = 0;
    virtual void put_alarm() noexcept = 0;
    /// The engine closes: begin nothing, and record how what runs ends. May come again.
    virtual void put_closing() noexcept = 0;
    /// put_closing() was heard, and nothing is on its way any more. Whoever makes it so calls shard_host::body_ended().
    virtual bool is_quiet() const noexcept = 0;
    /// After this it calls nobody. Also where start() was never called.
    virtual void stop() noexcept = 0;
};
}
