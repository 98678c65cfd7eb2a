#include "floor/run_writer.hpp"

#include "base/checksum.hpp"

namespace everstep::bench
{
using journal::entry;
using journal::entry_kind;
using journal::operation_kind;
using journal::table;

namespace
{
constexpr base::time_us some_time = 1'700'000'000'000'000;
}

std::string random_run_id(std::uint64_t number)
{
    constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuv";
    const std::string_view bytes(reinterpret_cast<const char*>(&number), sizeof number);
    std::string id;
    for (std::uint64_t part = 0; id.size() < 32; ++part)
    {
        std::uint64_t bits = base::hash64(bytes, part);
        for (int i = 0; i < 8; ++i, bits >>= 5)
            id += digits[bits & 31];
    }
    return id;
}

run_writer::run_writer(const run_shape& shape, std::uint64_t number)
    : shape_(&shape), number_(base::run_number{number}), end_(journal::first_tail(number_))
{
    header_.version = 1;
    header_.chain = number;
    header_.started_at = some_time;
    header_.workflow = shape.workflow;
    header_.id = random_run_id(number);
    header_.seed = base::hash128_of(header_.id);
    hash_ = journal::id_hash(header_.workflow, header_.id);
}

std::uint32_t run_writer::write_turn(script& to)
{
    const std::uint32_t turn = next_turn_++;
    if (turn == 0)
        begin(to);
    else
        write_step(turn - 1, to);
    const bool ends_now = ended() && shape_->ends;
    if (ends_now)
        end(to); // a run that ends in its first turn has no header but this
    else if (turn == 0)
    {
        write_header(to);
        write_wake(journal::due_now, to);
    }
    if (ends_now && turn != 0)
        to.erase(table::wake, journal::wake_key(journal::due_now, number_));
    return ends_now ? 2 : 1;
}

void run_writer::write_whole(script& to)
{
    begin(to);
    for (std::uint32_t index = 0; index < shape_->steps.size(); ++index)
        write_step(index, to);
    next_turn_ = shape_->turns();
    if (shape_->ends)
        return end(to);
    if (shape_->sleeps != 0)
        write_timer(to);
    write_header(to);
    write_wake(shape_->sleeps != 0 ? some_time + shape_->sleeps : journal::due_now, to);
}

void run_writer::append(const entry& e, script& to)
{
    journal::append(number_, end_, e,
                    [&](journal::record_key at, std::string_view value) { to.put(table::history, at, value); });
}

void run_writer::begin(script& to)
{
    entry started{};
    started.kind = entry_kind::started;
    started.at = some_time;
    started.payload = shape_->input;
    append(started, to);
    const journal::record_key id = journal::id_key(number_, hash_);
    to.put(table::id, id, journal::encode_id(id, number_));
}

void run_writer::write_header(script& to)
{
    to.put(table::run, journal::header_key(number_), journal::encode(journal::header_key(number_), header_));
}

void run_writer::write_wake(base::time_us due, script& to)
{
    const journal::record_key at = journal::wake_key(due, number_);
    to.put(table::wake, at, journal::encode(at, journal::wake_row{end_, hash_}));
}

void run_writer::write_step(std::uint32_t index, script& to)
{
    entry done{};
    done.kind = entry_kind::step_done;
    done.operation = operation_kind::step;
    done.where = journal::path(index);
    done.at = some_time;
    done.attempts = 1;
    done.line = 50;
    done.file = shape_->file;
    done.name = shape_->steps[index];
    done.type = shape_->step_type;
    done.payload = shape_->result;
    append(done, to);
}

void run_writer::write_timer(script& to)
{
    entry set{};
    set.kind = entry_kind::timer_set;
    set.operation = operation_kind::timer;
    set.where = journal::path(static_cast<std::uint32_t>(shape_->steps.size()));
    set.at = some_time;
    set.clock = journal::timer_clock::engine;
    set.due = some_time + shape_->sleeps;
    set.line = 60;
    set.file = shape_->file;
    append(set, to);
}

void run_writer::end(script& to)
{
    entry completed{};
    completed.kind = entry_kind::completed;
    completed.at = some_time;
    completed.type = shape_->run_type;
    completed.payload = shape_->result;
    append(completed, to);
    header_.state = journal::run_state::completed;
    header_.ended_at = some_time;
    header_.end_seq = end_.next_seq - 1;
    write_header(to);
    const auto later = static_cast<base::time_us>(base::to_integer(number_)); // ends follow each other
    const journal::record_key finished = journal::finished_key(some_time + later, number_);
    to.put(table::finished, finished, journal::encode_finished(finished));
}
}
