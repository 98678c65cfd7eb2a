#include "journal/entry.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"

#include <array>

namespace everstep::journal
{
namespace
{
/// Bits of a layout.
struct field
{
    enum : std::uint16_t
    {
        operation = 1 << 0,
        where = 1 << 1,
        clock = 1 << 2,
        due = 1 << 3,
        attempts = 1 << 4,
        source = 1 << 5, ///< line and file
        name = 1 << 6,
        type = 1 << 7,
        code = 1 << 8,
        text = 1 << 9,
        payload = 1 << 10
    };
};

struct layout
{
    std::string_view name;
    std::uint16_t fields;
    operation_kind implied{}; ///< for kinds that belong to one operation only and do not write it
};

constexpr std::uint16_t step_fields =
    field::operation | field::where | field::attempts | field::source | field::name | field::type;

/// Which fields a kind carries, beside kind and time: the one place. Index = entry_kind. FORMAT.md has the same table.
constexpr std::array<layout, 28> layouts{{
    {"unknown", 0},
    {"started", field::payload},
    {"step_done", step_fields | field::payload},
    {"step_failed", step_fields | field::code | field::text},
    {"step_retry", step_fields | field::due | field::code | field::text | field::payload}, // the payload since format 2
    {"step_dropped", step_fields},
    {"timer_set", field::where | field::clock | field::due | field::source, operation_kind::timer},
    {"timer_fired", field::where, operation_kind::timer},
    {"replied", field::where | field::source | field::type | field::payload, operation_kind::reply},
    {"cancel_asked", field::text},
    {"completed", field::type | field::payload},
    {"failed", field::code | field::text},
    {"cancelled", field::text},
    {"resumed", field::text},
    {"published", field::where | field::source | field::name | field::type | field::payload, operation_kind::publish},
    {"signalled", field::name | field::type | field::code | field::payload},
    {"sent", field::where | field::source | field::name | field::type | field::text | field::payload, operation_kind::signal},
    {"started_as_child", field::name | field::code | field::text | field::payload},
    {"child_started", field::where | field::source | field::name | field::type | field::code | field::text | field::payload, operation_kind::child},
    {"children_cancelled", field::code | field::text},
    {"child_adopted", field::name | field::type | field::code | field::text},
    {"ids_adopted", field::payload},
    {"paused", field::text},
    {"terminated", field::text},
    {"resolved", field::where | field::code | field::text | field::payload},
    {"continued", field::type | field::payload},
    {"forked", field::code | field::text},
    {"answered", field::where | field::source | field::type | field::code | field::payload, operation_kind::answer},
}};

/// Added to the operation where arguments follow the type: since format 2.
constexpr std::uint8_t with_args = 128;

constexpr std::array<std::string_view, 12> operation_names{"none",    "step",        "undo",    "timer",   "reply", "forever",
                                                          "transaction", "publish", "receive", "signal", "child", "answer"};

constexpr bool is_known(entry_kind kind) noexcept
{
    return kind != entry_kind{} && static_cast<std::size_t>(kind) < layouts.size();
}

constexpr bool is_known(operation_kind kind) noexcept
{
    return kind != operation_kind::none && static_cast<std::size_t>(kind) < operation_names.size();
}

char* store_text(char* to, std::string_view text) noexcept
{
    to = base::store_varint(to, text.size());
    if (!text.empty())
        std::memcpy(to, text.data(), text.size());
    return to + text.size();
}

char* store_fixed(char* to, std::int64_t value) noexcept
{
    base::store_little(to, static_cast<std::uint64_t>(value));
    return to + sizeof value;
}

char* store_path(char* to, const path& where) noexcept
{
    to = base::store_varint(to, where.numbers().size());
    for (const std::uint32_t number : where.numbers())
        to = base::store_varint(to, number);
    return to;
}

/// Everything but the bytes of strings and payload fits this: 16 path numbers, 2 times, 8 varints, 3 single bytes.
constexpr std::size_t fixed_bytes_max = (path::depth_max + 1) * 5 + 2 * 8 + 8 * base::varint_bytes_max + 3;

char* store_fields(char* to, const entry& e, std::uint16_t fields) noexcept
{
    *to++ = static_cast<char>(e.kind);
    if (fields & field::operation)
        *to++ = static_cast<char>(static_cast<std::uint8_t>(e.operation) | (e.args.empty() ? 0 : with_args));
    if (fields & field::where)
        to = store_path(to, e.where);
    to = store_fixed(to, e.at);
    if (fields & field::clock)
        *to++ = static_cast<char>(e.clock);
    if (fields & field::due)
        to = store_fixed(to, e.due);
    if (fields & field::attempts)
        to = base::store_varint(to, e.attempts);
    if (fields & field::source)
        to = store_text(base::store_varint(to, e.line), e.file);
    if (fields & field::name)
        to = store_text(to, e.name);
    if (fields & field::type)
        to = store_text(to, e.type);
    if ((fields & field::operation) && !e.args.empty())
        to = store_text(to, e.args);
    if (fields & field::code)
        to = store_text(to, e.code);
    if (fields & field::text)
        to = store_text(to, e.text);
    return to;
}

bool take_operation(base::byte_reader& from, operation_kind& to, bool& has_args) noexcept
{
    std::uint8_t byte{};
    if (!from.little(byte))
        return false;
    has_args = byte >= with_args;
    to = static_cast<operation_kind>(byte & (with_args - 1));
    return is_known(to);
}

bool take_clock(base::byte_reader& from, timer_clock& to) noexcept
{
    std::uint8_t byte{};
    if (!from.little(byte))
        return false;
    to = static_cast<timer_clock>(byte);
    return to == timer_clock::engine || to == timer_clock::wall;
}

bool take_path(base::byte_reader& from, path& to) noexcept
{
    std::uint32_t size{};
    if (!from.varint(size))
        return false;
    for (; size != 0; --size)
    {
        std::uint32_t number{};
        if (!from.varint(number) || !to.push(number))
            return false;
    }
    return true;
}
}

std::string_view name_of(operation_kind kind) noexcept
{
    const auto index = static_cast<std::size_t>(kind);
    return index < operation_names.size() ? operation_names[index] : "unknown";
}

std::string_view name_of(entry_kind kind) noexcept
{
    return layouts[is_known(kind) ? static_cast<std::size_t>(kind) : 0].name;
}

void encode(const entry& e, std::string& to)
{
    EVERSTEP_ASSERT(is_known(e.kind));
    const std::uint16_t fields = layouts[static_cast<std::size_t>(e.kind)].fields;
    EVERSTEP_ASSERT(!(fields & field::operation) || is_known(e.operation));

    const std::size_t before = to.size();
    to.resize(before + fixed_bytes_max + e.file.size() + e.name.size() + e.type.size() + e.code.size() + e.text.size() + e.args.size());
    const char* const end = store_fields(to.data() + before, e, fields);
    to.resize(static_cast<std::size_t>(end - to.data()));
    if (fields & field::payload)
        to.append(e.payload);
}

bool decode(std::string_view from, entry& to)
{
    to = {};
    base::byte_reader bytes(from);
    std::uint8_t kind{};
    if (!bytes.little(kind))
        return false;
    to.kind = static_cast<entry_kind>(kind);
    if (!is_known(to.kind))
        return false;
    const std::uint16_t fields = layouts[kind].fields;
    to.operation = layouts[kind].implied;
    bool has_args = false;
    const bool whole =
        (!(fields & field::operation) || take_operation(bytes, to.operation, has_args)) &&
        (!(fields & field::where) || take_path(bytes, to.where)) && bytes.little(to.at) &&
        (!(fields & field::clock) || take_clock(bytes, to.clock)) && (!(fields & field::due) || bytes.little(to.due)) &&
        (!(fields & field::attempts) || bytes.varint(to.attempts)) &&
        (!(fields & field::source) || (bytes.varint(to.line) && bytes.text(to.file))) &&
        (!(fields & field::name) || bytes.text(to.name)) && (!(fields & field::type) || bytes.text(to.type)) &&
        (!has_args || (bytes.text(to.args) && !to.args.empty())) && (!(fields & field::code) || bytes.text(to.code)) && (!(fields & field::text) || bytes.text(to.text));
    if (!whole)
        return false;
    if (fields & field::payload)
        to.payload = bytes.rest();
    return bytes.empty();
}
}
