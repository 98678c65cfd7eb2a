#pragma once

// One entry of every kind, with every field that its kind carries, and a history of them: what the tests of this layer
// take apart and damage.

#include "journal/entry.hpp"
#include "journal/header.hpp"
#include "journal/history.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace everstep::journal::sample
{
using records = std::vector<std::pair<record_key, std::string>>;

inline constexpr base::run_number run{7};

inline entry of_kind(entry_kind kind)
{
    entry e;
    e.kind = kind;
    e.at = 1'700'000'000'000'000;
    return e;
}

inline entry of_step(entry_kind kind, operation_kind operation = operation_kind::step)
{
    entry e = of_kind(kind);
    e.operation = operation;
    e.where = path(3);
    e.where.push(1);
    e.where.push(200);
    e.attempts = 2;
    e.line = 88;
    e.file = "orders.cpp";
    e.name = "charge";
    e.type = "receipt";
    return e;
}

inline entry of_failure(entry_kind kind, operation_kind operation)
{
    entry e = of_step(kind, operation);
    e.code = "declined";
    e.text = "no funds";
    return e;
}

/// Children, updates, and what people order.
inline std::vector<entry> entries_of_lives()
{
    std::vector<entry> all;
    all.push_back(of_kind(entry_kind::started_as_child));
    all.back().name = "checkout";
    all.back().code = "token";
    all.back().text = "o-2";
    all.back().payload = "1";
    all.push_back(of_kind(entry_kind::child_started));
    all.back().operation = operation_kind::child;
    all.back().where = path(7);
    all.back().line = 94;
    all.back().file = "orders.cpp";
    all.back().name = "charge";
    all.back().type = "receipt";
    all.back().code = "wait";
    all.back().text = "c-1";
    all.back().payload = "1";
    all.push_back(of_kind(entry_kind::children_cancelled));
    all.back().code = "wait";
    all.back().text = "no more";
    all.push_back(of_kind(entry_kind::child_adopted));
    all.back().name = "charge";
    all.back().type = "everstep.promise.1";
    all.back().code = "leave";
    all.back().text = "c-2";
    all.push_back(of_kind(entry_kind::ids_adopted));
    all.back().payload = "\3m-1";
    for (const entry_kind kind : {entry_kind::paused, entry_kind::terminated})
    {
        all.push_back(of_kind(kind));
        all.back().text = "ann: why";
    }
    all.push_back(of_kind(entry_kind::resolved));
    all.back().where = path(8);
    all.back().code = "skipped";
    all.back().text = "ann";
    all.back().payload = "7";
    all.push_back(of_kind(entry_kind::continued));
    all.back().type = "i32";
    all.back().payload = "7";
    all.push_back(of_kind(entry_kind::forked));
    all.back().code = "checkout/o-2";
    all.back().text = "ann";
    all.push_back(of_kind(entry_kind::answered));
    all.back().operation = operation_kind::answer;
    all.back().where = path(9);
    all.back().line = 95;
    all.back().file = "orders.cpp";
    all.back().type = "i32";
    all.back().code = "u-1";
    all.back().payload = "7";
    return all;
}

inline std::vector<entry> ended_entries()
{
    std::vector<entry> all;
    all.push_back(of_kind(entry_kind::cancel_asked));
    all.back().text = "the customer called";
    all.push_back(of_kind(entry_kind::resumed));
    all.back().text = "operator";
    all.push_back(of_kind(entry_kind::published));
    all.back().operation = operation_kind::publish;
    all.back().where = path(5);
    all.back().line = 92;
    all.back().file = "orders.cpp";
    all.back().name = "orders.reserved";
    all.back().type = "order";
    all.back().payload = R"({"id":"A-1"})";
    all.push_back(of_kind(entry_kind::sent));
    all.back().operation = operation_kind::signal;
    all.back().where = path(6);
    all.back().line = 93;
    all.back().file = "orders.cpp";
    all.back().name = "picked";
    all.back().type = "i32";
    all.back().text = "checkout/o-2";
    all.back().payload = "7";
    all.push_back(of_kind(entry_kind::signalled));
    all.back().name = "picked";
    all.back().type = "i32";
    all.back().code = "m-1";
    all.back().payload = "7";
    for (const entry& e : entries_of_lives())
        all.push_back(e);
    all.push_back(of_kind(entry_kind::completed));
    all.back().type = "shipment";
    all.back().payload = R"({"tracking":"T1"})";
    all.push_back(of_kind(entry_kind::failed));
    all.back().code = "declined";
    all.back().text = "no funds";
    all.push_back(of_kind(entry_kind::cancelled));
    all.back().text = "the customer called";
    return all;
}

/// Every kind once at least, each with every field that it carries.
inline std::vector<entry> entries()
{
    std::vector<entry> all;
    all.push_back(of_kind(entry_kind::started));
    all.back().payload = R"({"id":"A1","quantity":2})";
    all.push_back(of_failure(entry_kind::step_retry, operation_kind::step));
    all.back().due = 1'700'000'000'500'000;
    all.back().payload = "417";
    all.push_back(of_step(entry_kind::step_done));
    all.back().args = R"(["A-1",1999])";
    all.push_back(of_step(entry_kind::step_done));
    all.back().payload = R"({"payment_id":"p-1","cents":1999})";
    all.push_back(of_failure(entry_kind::step_failed, operation_kind::undo));
    all.push_back(of_step(entry_kind::step_dropped));
    all.push_back(of_kind(entry_kind::timer_set));
    all.back().operation = operation_kind::timer;
    all.back().clock = timer_clock::wall;
    all.back().where = path(4);
    all.back().due = -1;
    all.back().line = 91;
    all.back().file = "orders.cpp";
    all.push_back(of_kind(entry_kind::timer_fired));
    all.back().operation = operation_kind::timer;
    all.back().where = path(4);
    all.push_back(of_kind(entry_kind::replied));
    all.back().operation = operation_kind::reply;
    all.back().where = path(5);
    all.back().line = 93;
    all.back().file = "orders.cpp";
    all.back().type = "receipt";
    all.back().payload = "null";
    for (const entry& e : ended_entries())
        all.push_back(e);
    return all;
}

/// Records of `all`, appended to `end`.
inline records append_all(const std::vector<entry>& all, tail& end)
{
    records written;
    for (const entry& e : all)
        append(run, end, e, [&](record_key at, std::string_view value) { written.emplace_back(at, value); });
    return written;
}

inline records history_of(const std::vector<entry>& all)
{
    tail end = first_tail(run);
    return append_all(all, end);
}

/// All fields, as the reader of a failed test wants them.
inline bool same(const entry& a, const entry& b)
{
    return a.kind == b.kind && a.operation == b.operation && a.clock == b.clock && a.where == b.where && a.at == b.at &&
           a.due == b.due && a.attempts == b.attempts && a.line == b.line && a.file == b.file && a.name == b.name &&
           a.type == b.type && a.code == b.code && a.text == b.text && a.payload == b.payload &&
           a.args == b.args;
}
}
