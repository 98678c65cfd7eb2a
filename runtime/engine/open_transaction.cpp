#include "engine/open_transaction.hpp"

#include "engine/chance.hpp"
#include "engine/stored_rows.hpp"
#include "journal/event.hpp"
#include "journal/header.hpp"
#include "journal/row.hpp"
#include "replay/token.hpp"

#include <everstep/codec.hpp>
#include <everstep/error.hpp>

#include <algorithm>
#include <iterator>
#include <map>

namespace everstep::core
{
using detail::found_row;
using detail::table_identity;

namespace
{
constexpr std::size_t seen_max = 16;
}

/// A body must not see half of what is there, and may catch what it likes: the transaction remembers.
template <class Read>
auto open_transaction::guarded(Read&& read)
{
    try
    {
        return read();
    }
    catch (const store::unreadable& e)
    {
        trouble_ = std::current_exception();
        throw engine_error(errc::io, "the journal cannot be read: " + std::string(e.what()));
    }
    catch (const engine_error&)
    {
        trouble_ = std::current_exception();
        throw;
    }
}

bool open_transaction::find(const table_identity& of, std::string_view name, std::string& value)
{
    const auto mine = written_.find(name);
    const row_overlay::version* found = mine != written_.end() ? &mine->second : earlier_.find(name);
    if (found)
    {
        if (found->value)
            value = *found->value;
        return found->value.has_value();
    }
    std::uint32_t records = 0;
    store_.read([&](const store::snapshot& now) { records = read_row(now, of, name, value); });
    if (seen_.size() < seen_max)
        seen_.emplace_back(name, records);
    return records != 0;
}

/// Once a table and engine this reads its own row; the first transaction that writes to a table writes that row, too.
void open_transaction::check(const table_identity& of, bool for_writing)
{
    if (of.checked.empty() || known_.contains(of.checked))
        return; // the engine's own, or known
    std::string own;
    if (find(of, of.prefix, own))
    {
        check_table(of, own);
        if (!written_.contains(of.prefix)) // else it may yet be absent
            known_.insert(of.checked);
    }
    else if (for_writing)
        version_of(of.prefix).value = describe_table(of);
}

bool open_transaction::get(const table_identity& of, std::string_view name, std::string& value)
{
    return guarded([&] {
        check(of, false);
        return find(of, name, value);
    });
}

row_overlay::version& open_transaction::version_of(std::string_view name)
{
    const auto at = written_.find(name);
    return at != written_.end() ? at->second : written_.try_emplace(std::string(name)).first->second;
}

/// Of what the body writes, not of what is written for it.
row_overlay::version& open_transaction::log_write(std::string_view name)
{
    row_overlay::version& version = version_of(name);
    log_.push_back(written_.find(name)->first);
    return version;
}

void open_transaction::count_bytes(std::size_t more)
{
    bytes_ += more;
    if (bytes_ > bytes_max_)
        throw engine_error(errc::limit, "the transaction writes over turn_bytes_max (" + std::to_string(bytes_max_) +
                                            " bytes): write less, or in several transactions");
}

bool open_transaction::wrote_between(std::uint64_t since, std::string_view after, std::string_view through) const noexcept
{
    return std::any_of(log_.begin() + static_cast<std::ptrdiff_t>(since), log_.end(),
                       [&](std::string_view name) { return name > after && name <= through; });
}

bool open_transaction::grows() const noexcept
{
    return !events_.empty() || std::ranges::any_of(written_, [](const auto& row) { return row.second.value.has_value(); });
}

void open_transaction::put(const table_identity& of, std::string_view name, std::string_view value)
{
    if (value.size() > value_bytes_max_)
        throw engine_error(errc::limit, "a value of " + std::to_string(value.size()) + " bytes for table '" + of.name +
                                            "' is over payload_bytes_max (" + std::to_string(value_bytes_max_) +
                                            "): keep it outside, or in several rows");
    count_bytes(name.size() + value.size());
    guarded([&] { check(of, true); });
    log_write(name).value.emplace(value);
}

void open_transaction::erase(const table_identity& of, std::string_view name)
{
    count_bytes(name.size());
    guarded([&] { check(of, false); });
    log_write(name).value.reset();
}

void open_transaction::page(const table_identity& of, std::string_view from, std::string_view to, std::vector<found_row>& into)
{
    guarded([&] {
        check(of, false);
        collect(of, from, to, into);
    });
}

/// Rows that earlier transactions and the body have written from `from` up to `end` (empty: the table's end), by their names.
std::map<std::string_view, const row_overlay::version*> open_transaction::newer_rows(const table_identity& of, std::string_view from,
                                                                                       std::string_view end) const
{
    std::map<std::string_view, const row_overlay::version*> found;
    const auto take = [&](std::string_view name, const row_overlay::version& version) {
        if (name >= from && (end.empty() || name < end) && name.starts_with(of.prefix) && name.size() > of.prefix.size())
            found[name] = &version;
    };
    const row_overlay::ordered_rows& earlier = earlier_.in_order(of.prefix);
    for (auto row = earlier.lower_bound(from); row != earlier.end() && (end.empty() || row->first < end); ++row)
        take(row->first, *row->second);
    for (const auto& [name, version] : written_)
        take(name, version);
    return found;
}

/// What the store has, up to a page, with what was written since in its place.
void open_transaction::collect(const table_identity& of, std::string_view from, std::string_view to, std::vector<found_row>& into)
{
    bool has_more = true;
    for (std::string begin(from); has_more && into.empty();) // where all of a page are erased by now, the next one
    {
        std::vector<found_row> stored;
        store_.read([&](const store::snapshot& now) { has_more = read_page(now, of, begin, to, stored); });
        // Of newer rows those that lie where the page lies: behind its end, the next one shows them.
        const std::string end = has_more ? detail::name_behind(stored.back().name) : std::string(to);
        auto next = stored.begin();
        for (const auto& [name, version] : newer_rows(of, begin, end))
        {
            for (; next != stored.end() && next->name < name; ++next)
                into.push_back(std::move(*next));
            if (next != stored.end() && next->name == name)
                ++next;
            if (version->value)
                into.push_back({std::string(name), *version->value});
        }
        std::move(next, stored.end(), std::back_inserter(into));
        begin = end;
    }
}

void open_transaction::publish(detail::event_draft&& what)
{
    if (!topics_.contains(what.topic))
        throw engine_error(errc::not_found, "topic '" + what.topic + "' was not added: call engine::add_topic before open");
    if (what.data.size() > value_bytes_max_)
        throw engine_error(errc::limit, "an event of " + std::to_string(what.data.size()) + " bytes is over payload_bytes_max (" +
                                            std::to_string(value_bytes_max_) + "): keep it outside and publish where it lies");
    add_event(std::move(what));
}

void open_transaction::start(detail::function_key workflow, std::string&& id, std::string&& input)
{
    const registered_workflow* code = find_workflow(workflow);
    check_target(id);
    if (input.size() > value_bytes_max_)
        throw engine_error(errc::limit, "an input of " + std::to_string(input.size()) + " bytes is over payload_bytes_max (" +
                                            std::to_string(value_bytes_max_) + "): keep it outside and pass a reference");
    add_intent({intent_kind::start, code->name, std::move(id), std::move(input), {}, {}, {}});
}

void open_transaction::signal(detail::function_key workflow, std::string&& id, detail::signal_message&& what)
{
    const registered_workflow* code = find_workflow(workflow);
    check_target(id);
    if (const std::string why = limit_of(what, value_bytes_max_); !why.empty())
        throw engine_error(errc::limit, why);
    add_intent({intent_kind::signal, code->name, std::move(id), std::move(what.payload), std::move(what.name), std::move(what.type),
                std::move(what.id)});
}

/// As an event of the engine's own topic, to which it subscribes itself.
void open_transaction::add_intent(intent&& wanted)
{
    detail::event_draft draft;
    draft.topic = intent_topic;
    draft.attributes.subject = wanted.workflow;
    draft.attributes.key = key_of(wanted);
    draft.data = encode(wanted);
    add_event(std::move(draft));
}

const registered_workflow* open_transaction::find_workflow(detail::function_key workflow) const
{
    const registered_workflow* code = workflows_ ? workflows_->find(workflow) : nullptr;
    if (!code)
        throw engine_error(errc::wrong_use, "this workflow was not added: call engine::add before open");
    return code;
}

void open_transaction::check_target(const std::string& id)
{
    if (id.empty() || id.size() > journal::id_bytes_max)
        throw engine_error(errc::limit, "a run id has 1 to " + std::to_string(journal::id_bytes_max) + " bytes, this one has " +
                                            std::to_string(id.size()));
}

void open_transaction::add_event(detail::event_draft&& what)
{
    if (what.attributes.id.empty())
        what.attributes.id = replay::hex_of(fresh_bits()); // told apart over all journals
    count_bytes(what.data.size());
    events_.push_back(std::move(what));
}

std::uint32_t open_transaction::records_before(std::string_view name) const
{
    if (const row_overlay::version* earlier = earlier_.find(name))
        return earlier->records;
    const auto seen = std::ranges::find(seen_, name, &std::pair<std::string, std::uint32_t>::first);
    if (seen != seen_.end())
        return seen->second;
    std::uint32_t records = 0;
    store_.read([&](const store::snapshot& now) { records = count_records(now, name); });
    return records;
}

void open_transaction::write_to(store::batch& out)
{
    std::string key;
    for (const detail::event_draft& one : events_)
    {
        const publish_options& given = one.attributes;
        key.clear();
        journal::encode({.at = time_.now(), .topic = one.topic, .id = given.id, .source = given.source.empty() ? "/engine" : given.source,
                         .type = given.type.empty() ? one.topic : given.type, .subject = given.subject, .key = given.key,
                         .traceparent = given.traceparent, .data = one.data},
                        key);
        // In the commit of the rows: state and event are both there, or neither is.
        out.put_event(one.topic, key);
    }
    for (auto& [name, version] : written_)
    {
        const std::uint32_t before = records_before(name);
        // If we die before the commit, nothing of the transaction is there, and it runs again or was never acknowledged. If we die after,
        // all of it is, with the entry of its operation: it never runs again.
        if (version.value)
            journal::append_row(name, *version.value, [&](std::string_view at, std::string_view record) { out.put_row(at, record); });
        version.records = version.value ? journal::row_records(name.size(), version.value->size()) : 0;
        // In the same commit: what a longer value before it took, or the row itself. A reader finds whole rows only.
        for (std::uint32_t left = version.records; left < before; ++left)
        {
            journal::row_record_key(name, left, key);
            out.erase_row(key);
        }
    }
}
}
