#pragma once

// What the templates of table and transaction say to the runtime: rows by name (the table's hash and the key's bytes) and value (JSON).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace everstep::inline v0::detail
{
/// What the runtime knows of a table.
struct table_identity
{
    std::string name;
    std::string prefix; ///< of its rows' names: eight bytes
    std::string key_type;   ///< what its keys are made of: key_layout()
    std::string value_type; ///< for people
    std::string checked;    ///< what is held against the journal; empty: the engine's own table, of which nothing is
};

/// Throws engine_error (limit, wrong_use) where the name cannot be a table's.
table_identity identify_table(std::string name, std::string key_type, std::string value_type);
/// The same for a table of the engine's own.
table_identity identify_own_table(std::string name, std::string key_type, std::string value_type);
/// Of the keys' bytes; names are eight bytes longer.
inline constexpr std::size_t key_bytes_max = 490;
[[noreturn]] void refuse_key(const table_identity& of, std::size_t bytes);
[[noreturn]] void refuse_row(const table_identity& of, std::string_view what);
/// The least name above all that begin with `prefix`; empty: there is none.
std::string name_after(std::string prefix);
/// Above a row's records, whose keys are its name and two bytes, and below all rows that follow: no name is the begin of another.
inline std::string name_behind(std::string name) { return std::move(name.append("\xFF\xFF\xFF")); }

struct found_row
{
    std::string name;
    std::string value;
};

/// Rows as one reader or one transaction sees them. Every call throws engine_error: damaged, io, wrong_use (another type of key).
class row_source
{
public:
    virtual bool get(const table_identity& of, std::string_view name, std::string& value) = 0;
    /// The first rows at or after `from` and before `to` (empty: the table's end), in order, as many as are read at once; `into` is
    /// empty when there are no more.
    virtual void page(const table_identity& of, std::string_view from, std::string_view to, std::vector<found_row>& into) = 0;
    /// Counts the writes of the body.
    virtual std::uint64_t writes() const noexcept = 0;
    /// Whether one of them, from number `since` on, was to a row behind `after` and up to `through`: a page that shows these is then old.
    virtual bool wrote_between(std::uint64_t since, std::string_view after, std::string_view through) const noexcept = 0;

protected:
    ~row_source() = default;
};

struct event_draft;
struct signal_message;

class row_target : public row_source
{
public:
    /// With what the transaction writes; nobody sees it before. Throws engine_error: not_found, limit.
    virtual void publish(event_draft&& what) = 0;
    /// A run, once that is durable. Throws engine_error: wrong_use, limit.
    virtual void start(void (*workflow)(), std::string&& id, std::string&& input) = 0;
    /// To a run, likewise.
    virtual void signal(void (*workflow)(), std::string&& id, signal_message&& what) = 0;
    /// Engine time, in microseconds.
    virtual std::int64_t now_us() const noexcept = 0;
    virtual void put(const table_identity& of, std::string_view name, std::string_view value) = 0;
    virtual void erase(const table_identity& of, std::string_view name) = 0;

protected:
    ~row_target() = default;
};
}
