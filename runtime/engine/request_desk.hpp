#pragma once

// What a shard does with the requests of callers: decides starts, finds runs, and answers or lets wait. A duplicate is answered only
// when the first is durable; what is not yet in the journal is decided by what is in memory, the rest by a snapshot.
//
// Threads: the shard's own.

#include "engine/journal_reader.hpp"
#include "engine/shard.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace everstep::core
{
/// "'checkout/o-17'", for texts.
inline std::string quoted(std::string_view workflow, std::string_view id)
{
    return "'" + std::string(workflow) + "/" + std::string(id) + "'";
}

inline detail::answer failed_answer(std::string_view code, std::string_view text)
{
    return {.what = detail::answer_kind::run_failed, .why = {}, .code = std::string(code), .text = std::string(text), .bytes = {}, .status = {}};
}
inline detail::answer refused_answer(errc why, std::string text)
{
    return {.what = detail::answer_kind::engine_error, .why = why, .code = {}, .text = std::move(text), .bytes = {}, .status = {}};
}
/// Of a run that does not go on until it is resumed.
inline detail::answer parked_answer(const journal::run_header& header)
{
    return failed_answer(name_of(header.reason), "the run is parked: " + header.text);
}

class request_desk
{
public:
    explicit request_desk(shard& of) : shard_(of), host_(of.host_), reader_(of.host_.journal()) {}

    void take(request_item&& item);
    /// Starts that waited for admission, as far as there is room now.
    void admit_waiting();

    /// The answer to reply(), result() or status() where the journal alone has it; nothing where the run goes on. Any thread.
    static std::optional<detail::answer> answer_from_journal(const journal_reader& reader, const found_run& run,
                                                             detail::request_kind what);

private:
    /// Refuses the item where the journal cannot be read for it; nothing was written then.
    template <class Decide>
    void decide(request_item& item, Decide&& with);
    void start(request_item&& item);
    void start_waiting(request_item&& item);
    void start_new(request_item&& item, const registered_workflow& code);
    /// False, and nothing is taken, where the run was deleted since it was found: its id is free.
    bool answer_duplicate(request_item& item, const registered_workflow& code, const found_run& run);
    void wait_for(request_item&& item);
    void cancel(request_item&& item);
    void resume(request_item&& item);
    void terminate(request_item&& item);
    void end_by_hand(resident_run& run, const stored_run& stored, std::string_view reason);
    void pause(request_item&& item);
    void resolve(request_item&& item);
    void restart(request_item&& item);
    void fork(request_item&& item);
    resident_run* to_stop(request_item& item, const registered_workflow& code, stored_run& stored);
    resident_run* without_frame(request_item& item, const registered_workflow& code, base::run_number number, stored_run& stored);
    resident_run* revive(request_item& item, const registered_workflow& code, base::run_number number);
    static void unpark(resident_run& run);
    bool is_for_another_run(request_item& item, const registered_workflow& code);
    static bool is_child_of(const resident_run& run, std::string_view signal);
    bool waits_for_bodies(request_item& item, const registered_workflow& code);
    base::run_number first_of_chain(const found_run& run);
    void signal(request_item&& item);
    std::optional<detail::answer> answer_before(const request_item& item, std::uint64_t chain) const;
    void wait_for_answer(request_item&& item, resident_run& run);
    void signal_parked(request_item&& item, const registered_workflow& code, const found_run& found);
    /// A view of it.
    journal::entry signal_entry(const detail::signal_message& what) const;
    /// The run that the journal has. Nothing: the item is refused, or comes again.
    std::optional<found_run> find_or_refuse(request_item& item, const registered_workflow& code);
    /// The run with its code. Null: likewise.
    resident_run* load_or_refuse(request_item& item, const registered_workflow& code, base::run_number number);
    bool is_overloaded() const;
    /// The run in memory, where its last turn is not durable: then the item is taken, and comes again when it is.
    bool comes_again(request_item& item, const registered_workflow& code);
    std::optional<found_run> find(const request_item& item, const registered_workflow& code) const;
    /// Whether another id of this hash is in memory.
    bool is_hash_taken(const request_item& item, const registered_workflow& code) const;
    static bool has_signal(const request_item& item) noexcept { return !item.what.message.name.empty(); }
    static void give(request_item& item, detail::answer a) { item.to->take(std::move(a)); }
    static void refuse(request_item& item, errc why, std::string text);
    static void refuse_token(request_item& item);
    static void refuse_damaged(request_item& item, const registered_workflow& code);

    shard& shard_;
    shard_host& host_;
    journal_reader reader_;
};
}
