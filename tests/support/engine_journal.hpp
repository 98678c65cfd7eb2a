#pragma once

// A journal as a test reads it: every run with its entries as lines of text.

#include "base/bytes.hpp"
#include "base/checksum.hpp"
#include "journal/entry.hpp"
#include "journal/header.hpp"
#include "journal/history.hpp"
#include "store/store.hpp"

#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace everstep::test
{
/// The token that a body sees: hex of XXH3-128(seed, path). Written down a second time, because it must never change.
inline std::string token_at(const base::hash128& seed, const std::string& path)
{
    std::string bytes(16, '\0');
    base::store_little(bytes.data(), seed.high);
    base::store_little(bytes.data() + 8, seed.low);
    const base::hash128 hash = base::hash128_of(bytes + path);
    std::string token;
    for (const std::uint64_t half : {hash.high, hash.low})
        for (int shift = 60; shift >= 0; shift -= 4)
            token += "0123456789abcdef"[half >> shift & 15];
    return token;
}

struct engine_entry
{
    journal::entry_kind kind{};
    journal::operation_kind operation{};
    std::string where, name, type, code, text, payload, file;
    base::time_us at{}, due{};
    std::uint32_t attempts{}, line{};
    journal::timer_clock clock{};
    journal::path path;
    std::string args;

    /// "step_done charge", "step_done undo charge", "timer_set"
    std::string brief() const
    {
        std::string shown(journal::name_of(kind));
        const bool step = operation == journal::operation_kind::step || operation == journal::operation_kind::undo ||
                          operation == journal::operation_kind::transaction;
        if (operation == journal::operation_kind::undo || operation == journal::operation_kind::transaction)
            shown.append(" ").append(journal::name_of(operation));
        const bool is_named = step || kind == journal::entry_kind::signalled || kind == journal::entry_kind::sent ||
                              kind == journal::entry_kind::child_started;
        return is_named ? shown + " " + name : shown;
    }
    /// All of it but times and attempts, which a crash may change, and the place in the source.
    std::string line_text() const
    {
        const bool has_token = kind == journal::entry_kind::started_as_child; // made of the seed
        return brief() + " " + where + " " + type + " [" + (has_token ? "token" : code) + ": " + text + "] " + payload + args;
    }
};

struct engine_run
{
    base::run_number number{};
    journal::run_header header;
    std::vector<engine_entry> entries;
    bool whole{}; ///< its history could be read to the end

    std::string brief() const
    {
        std::string shown;
        for (const engine_entry& e : entries)
            shown += (shown.empty() ? "" : ", ") + e.brief();
        return shown;
    }
    bool has(const std::string& brief) const { return count(brief) != 0; }
    std::size_t count(const std::string& brief) const
    {
        std::size_t found = 0;
        for (const engine_entry& e : entries)
            found += e.brief() == brief;
        return found;
    }
};

/// Hexadecimal words as long as a token differ from life to life with the run's seed, and so do UUIDs.
inline std::string without_seed(const std::string& text)
{
    std::string masked;
    for (std::size_t at = 0; at < text.size();)
    {
        std::size_t end = at;
        while (end < text.size() && (std::string_view("0123456789abcdef-").find(text[end]) != std::string_view::npos))
            ++end;
        if (end - at == 32 || end - at == 36)
            masked += "<seed>";
        else
            masked += text.substr(at, end - at);
        if (end < text.size())
            masked += text[end++];
        at = end;
    }
    return masked;
}

/// By "workflow/id".
using engine_journal = std::map<std::string, engine_run>;

inline engine_journal read_journal(const store::store& from)
{
    engine_journal runs;
    std::vector<std::pair<base::run_number, journal::run_header>> headers;
    from.read([&](const store::snapshot& now) {
        now.scan(journal::table::run, {0, 0}, [&](journal::record_key at, std::string_view value) {
            if (auto header = journal::decode_header(at, value))
                headers.emplace_back(base::run_number{at.major}, std::move(*header));
            return true;
        });
    });
    for (auto& [number, header] : headers)
    {
        engine_run run{number, header, {}, false};
        journal::history_reader history(number);
        from.read([&, of = number](const store::snapshot& now) {
            now.scan(journal::table::history, journal::history_key(of, 0), [&](journal::record_key at, std::string_view value) {
                return at.major == base::to_integer(of) && history.take(at, value);
            });
        });
        run.whole = history.finish();
        for (const std::string_view body : history.entries())
        {
            journal::entry e;
            if (!journal::decode(body, e))
            {
                run.whole = false;
                break;
            }
            run.entries.push_back({e.kind, e.operation, e.where.text(), std::string(e.name), std::string(e.type), std::string(e.code),
                                   std::string(e.text), std::string(e.payload), std::string(e.file), e.at, e.due, e.attempts, e.line, e.clock, e.where, std::string(e.args)});
        }
        // Runs that continue one another have one id.
        std::string name = header.workflow + "/" + header.id;
        for (int n = 2; runs.contains(name); ++n)
            name = header.workflow + "/" + header.id + "#" + std::to_string(n);
        runs.emplace(std::move(name), std::move(run));
    }
    return runs;
}

/// What two ways to the same end must agree on.
inline std::string text_of(const engine_journal& runs)
{
    std::string text;
    for (const auto& [name, run] : runs)
    {
        text += name + " state " + std::to_string(static_cast<int>(run.header.state)) + " [" + run.header.text + "]\n";
        for (const engine_entry& e : run.entries)
            text += "  " + without_seed(e.line_text()) + "\n";
    }
    return text;
}
}
