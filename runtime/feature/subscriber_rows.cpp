// What comes back from the rows of events that wait: the rest of subscriber.

#include "engine/stored_rows.hpp"
#include "feature/subscriber.hpp"

#include <everstep/error.hpp>

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

namespace everstep::core
{
namespace
{
constexpr std::size_t rows_in_memory_max = 256;
constexpr std::size_t behind_at_once = 64;
}

/// Beside the events of the topic: a long backlog is not in their way.
bool subscriber::has_room_for_rows() const noexcept { return rows_in_memory_ < rows_in_memory_max && has_room_for_bytes(); }

bool subscriber::wants_rows(base::time_us now) const noexcept
{
    return !paused_ && !waits_to_seek_ && has_room_for_rows() && (next_due_ <= now || !free_keys_.empty());
}

void subscriber::load_rows(const store::snapshot& at, base::time_us now)
{
    snapshot_rows rows(at);
    const table_reader in(rows);
    while (!free_keys_.empty() && has_room_for_rows())
    {
        load_behind(in, free_keys_.back());
        free_keys_.pop_back(); // not before: it may not be readable now
    }
    if (next_due_ <= now)
        load_due(in, now);
}

void subscriber::load_due(const table_reader& in, base::time_us now)
{
    base::time_us next = never_due;
    in.prefix(due_table(), name(), [&](const due_key& key, bool) {
        const auto& [whose, due, number] = key;
        if (due > now || !has_room_for_rows())
        {
            next = due;
            return false;
        }
        if (busy_rows_.contains(number))
            skipped_rows_ = true; // somebody may have redriven it before we knew that it was dead
        else if (!stands_behind(in, number))
            load_row(in, number);
        return true;
    });
    next_due_ = next;
}

/// One that was redriven, and whose key another that came before it blocks: it waits behind that from now on.
bool subscriber::stands_behind(const table_reader& in, event_number number)
{
    std::optional<waiting_event> row = in.get(waiting_table(), {name(), number});
    if (!row || row->key == 0 || loaded_.contains(row->key))
        return false;
    if (unwritten_.contains(row->key)) // one of these may be that other: looked at again when they are durable
        return skipped_rows_ = true;
    event_number front = number;
    in.range(behind_table(), {name(), row->key, 0}, {name(), row->key, number}, [&](const behind_key& one, bool) {
        if (busy_rows_.contains(std::get<2>(one)))
            return true; // about to go
        front = std::get<2>(one);
        return false;
    });
    if (front == number)
        return false;
    blocked_.insert(row->key);
    row->due = never_due;
    put_rows(std::move(*row));
    return true;
}

/// The first of the key that has no time of its own goes, and those behind it. Where there is none, the key is free.
void subscriber::load_behind(const table_reader& in, std::uint64_t key)
{
    if (loaded_.contains(key))
        return; // looked at when that is through
    bool has_any = false;
    std::size_t loaded = 0;
    constexpr event_number last = std::numeric_limits<event_number>::max();
    in.range(behind_table(), {name(), key, 0}, {name(), key, last}, [&](const behind_key& one, bool) {
        const event_number number = std::get<2>(one);
        // One that is put again has failed: those behind it wait, and the key is looked at when its rows are durable.
        const auto is_put = [&](const row_of& row) { return row.number == number && row.key != 0; };
        const bool is_unwritten = std::ranges::any_of(rows_unwritten_, is_put);
        if (is_unwritten || std::ranges::any_of(rows_writing_, is_put))
        {
            (is_unwritten ? freed_unwritten_ : freed_writing_).push_back(key);
            has_any = true;
            return false;
        }
        if (busy_rows_.contains(number))
            return true;
        has_any = true;
        const std::optional<waiting_event> row = in.get(waiting_table(), {name(), number});
        if (row && row->due != never_due)
            return false; // comes when it is due, and then those behind it
        load_row(in, number);
        return ++loaded < behind_at_once && has_room_for_rows();
    });
    if (has_any)
        return;
    if (unwritten_.contains(key))
        (writing_ ? freed_writing_ : freed_unwritten_).push_back(key); // looked at again when its rows may be there
    else
        blocked_.erase(key);
}

void subscriber::load_row(const table_reader& in, event_number number)
{
    std::optional<waiting_event> row = in.get(waiting_table(), {name(), number});
    if (!row)
        return;
    if (is_taken(number, 0)) // and its rows had yet to go; a seek is not for them
    {
        change_.ends.push_back(number);
        busy_rows_.insert(number);
        rows_unwritten_.push_back({number, 0});
        if (row->key != 0)
            freed_unwritten_.push_back(row->key);
        return;
    }
    auto one = std::make_unique<handed_event>();
    one->what = std::make_shared<const event>(std::move(row->what));
    one->key = row->key;
    one->failures = row->failures;
    one->first_tried = row->first_tried;
    one->due = row->due;
    one->redelivered = row->redelivered || number < opened_at_; // a process before may have given it to the handler
    one->has_rows = true;
    one->generation = generation_;
    bytes_in_memory_ += one->what->data.size();
    ++rows_in_memory_;
    busy_rows_.insert(number);
    if (one->key != 0)
        ++loaded_[one->key];
    offer(std::move(one));
}
}
