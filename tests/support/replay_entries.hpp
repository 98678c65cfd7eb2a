#pragma once

// Entries and asked operations in few words, as the history and the code of a small workflow in orders.cpp would have them.

#include "replay/machine.hpp"

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace everstep::replay::scripted
{
using journal::entry;
using journal::entry_kind;
using journal::operation_kind;
using journal::path;
using journal::timer_clock;

/// The path 2.0.1 is at({2, 0, 1}).
inline path at(std::initializer_list<std::uint32_t> numbers)
{
    path where;
    for (const std::uint32_t number : numbers)
        where.push(number);
    return where;
}
inline path at(std::uint32_t number) { return path(number); }

inline entry entry_of(entry_kind kind, operation_kind operation = operation_kind::none, const path& where = {})
{
    entry e;
    e.kind = kind;
    e.operation = operation;
    e.where = where;
    return e;
}
inline entry entry_of_step(entry_kind kind, const path& where, std::string_view name, operation_kind operation = operation_kind::step)
{
    entry e = entry_of(kind, operation, where);
    e.file = "orders.cpp";
    e.line = 88;
    e.name = name;
    e.type = "receipt";
    return e;
}
inline entry step_done(const path& where, std::string_view name) { return entry_of_step(entry_kind::step_done, where, name); }
inline entry step_failed(const path& where, std::string_view name) { return entry_of_step(entry_kind::step_failed, where, name); }
inline entry step_dropped(const path& where, std::string_view name) { return entry_of_step(entry_kind::step_dropped, where, name); }
inline entry step_retry(const path& where, std::string_view name, std::uint32_t attempts = 1, base::time_us due = 0)
{
    entry e = entry_of_step(entry_kind::step_retry, where, name);
    e.attempts = attempts;
    e.due = due;
    return e;
}
inline entry undo_done(const path& where, std::string_view name)
{
    return entry_of_step(entry_kind::step_done, where, name, operation_kind::undo);
}
inline entry timer_set(const path& where, base::time_us due = 0)
{
    entry e = entry_of(entry_kind::timer_set, operation_kind::timer, where);
    e.file = "orders.cpp";
    e.line = 90;
    e.due = due;
    return e;
}
inline entry timer_fired(const path& where) { return entry_of(entry_kind::timer_fired, operation_kind::timer, where); }
inline entry replied(const path& where, std::string_view type = "receipt")
{
    entry e = entry_of(entry_kind::replied, operation_kind::reply, where);
    e.file = "orders.cpp";
    e.line = 91;
    e.type = type;
    return e;
}
inline entry published(const path& where, std::string_view topic)
{
    entry e = entry_of(entry_kind::published, operation_kind::publish, where);
    e.file = "orders.cpp";
    e.line = 92;
    e.name = topic;
    e.type = "order";
    return e;
}
inline entry signalled(std::string_view name, std::string_view payload = "1", std::string_view id = {})
{
    entry e = entry_of(entry_kind::signalled);
    e.name = name;
    e.type = "i32";
    e.code = id;
    e.payload = payload;
    return e;
}
inline entry sent(const path& where, std::string_view run, std::string_view name, std::string_view payload = "1")
{
    entry e = entry_of(entry_kind::sent, operation_kind::signal, where);
    e.name = name;
    e.type = "i32";
    e.text = run;
    e.payload = payload;
    return e;
}
inline entry child_started(const path& where, std::string_view workflow, std::string_view id, std::string_view policy = "wait")
{
    entry e = entry_of(entry_kind::child_started, operation_kind::child, where);
    e.name = workflow;
    e.type = "i32";
    e.code = policy;
    e.text = id;
    e.payload = "1";
    return e;
}
inline entry answered(const path& where, std::string_view update)
{
    entry e = entry_of(entry_kind::answered, operation_kind::answer, where);
    e.type = "i32";
    e.code = update;
    e.payload = "1";
    return e;
}
inline entry cancel_asked(std::string_view reason = "no longer wanted")
{
    entry e = entry_of(entry_kind::cancel_asked);
    e.text = reason;
    return e;
}
inline entry resumed() { return entry_of(entry_kind::resumed); }
inline entry completed() { return entry_of(entry_kind::completed); }

/// The same entry, made at that engine time.
inline entry when(base::time_us time, entry e)
{
    e.at = time;
    return e;
}

inline asked operation_of(operation_kind kind, std::string_view name, std::string_view type, std::uint32_t line)
{
    asked what;
    what.kind = kind;
    what.name = name;
    what.type = type;
    what.file = "orders.cpp";
    what.line = line;
    return what;
}
inline asked step(std::string_view name, std::string_view type = "receipt", std::uint32_t line = 88)
{
    return operation_of(operation_kind::step, name, type, line);
}
inline asked transaction_of(std::string_view name) { return operation_of(operation_kind::transaction, name, "receipt", 88); }
inline asked publish_to(std::string_view topic) { return operation_of(operation_kind::publish, topic, "order", 92); }
inline asked undo_of(std::string_view name) { return operation_of(operation_kind::undo, name, "receipt", 88); }
inline asked timer(base::time_us due = 0, timer_clock clock = timer_clock::engine)
{
    asked what = operation_of(operation_kind::timer, "sleep_for", "void", 90);
    what.due = due;
    what.clock = clock;
    return what;
}
inline asked reply(std::string_view type = "receipt")
{
    asked what = operation_of(operation_kind::reply, "reply", type, 91);
    what.payload = "{}";
    return what;
}
inline asked signal_to(std::string_view run, std::string_view name, std::string_view payload = "1")
{
    asked what = operation_of(operation_kind::signal, name, "i32", 94);
    what.text = run;
    what.payload = payload;
    what.renew = [](std::string_view encoded) { return std::to_string(std::stoi(std::string(encoded))); };
    return what;
}
inline asked child_of(std::string_view workflow, std::string_view id, std::string_view policy = "wait")
{
    asked what = operation_of(operation_kind::child, workflow, "i32", 95);
    what.text = id;
    what.code = policy;
    what.payload = "1";
    what.renew = [](std::string_view encoded) { return std::to_string(std::stoi(std::string(encoded))); };
    return what;
}
inline asked answer_to(std::string_view update)
{
    asked what = operation_of(operation_kind::answer, "answer", "i32", 96);
    what.code = update;
    what.payload = "1";
    return what;
}
inline asked receive(std::string_view name) { return operation_of(operation_kind::receive, name, "i32", 93); }
inline asked forever() { return operation_of(operation_kind::forever, "wait_forever", "void", 92); }

/// A verdict and what was delivered, as one word.
inline std::string_view word(const machine& core, verdict what)
{
    switch (what)
    {
    case verdict::wait: return "wait";
    case verdict::record: return "record";
    case verdict::diverged: return "diverged";
    case verdict::limits: return "limits";
    case verdict::deliver: break;
    }
    return core.what() == delivered::value ? "value" : core.what() == delivered::failed ? "failed" : "cancelled";
}
}
