#pragma once

// What the events' victim does, in words that the check of its journal understands: a call's number says what it does, every transfer's
// label how much it moves, so that whatever is in the journal can be held against what may be there.

#include <everstep/codec.hpp>
#include <everstep/table.hpp>
#include <everstep/transaction.hpp>

#include <boost/describe.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace everstep::test
{
inline constexpr std::uint32_t event_callers = 8;
inline constexpr std::uint32_t calls_of_a_life = 960; ///< of one caller
inline constexpr std::uint32_t calls_of_a_batch = 32; ///< that one collector is told of

/// What a caller does at once, one call after the other.
enum class event_call : std::uint8_t
{
    signal,   ///< from outside, to the collector of its batch; the first starts it
    publish,  ///< an event and nothing else
    transact, ///< a transfer, an event and a signal
    start,    ///< a transfer, an event and the start of a run, which sends two signals and publishes two events
    once,     ///< a transfer and an event, by an idempotency key
    tell,     ///< an event of a topic that keeps next to nothing
    stop      ///< tells the collector how many signals there were
};

/// Rises with the life, and in a life with the caller's calls.
inline std::uint64_t number_of_call(std::uint64_t life, std::uint32_t caller, std::uint32_t n)
{
    return (life * calls_of_a_life + n) * event_callers + caller;
}
inline std::uint32_t caller_of(std::uint64_t number) { return static_cast<std::uint32_t>(number % event_callers); }
inline std::uint64_t place_of(std::uint64_t number) { return number / event_callers % calls_of_a_batch; }
inline event_call call_of(std::uint64_t number)
{
    using enum event_call;
    constexpr std::array all{signal, publish, transact, start, once, publish, transact, tell};
    return place_of(number) == calls_of_a_batch - 1 ? stop : all[place_of(number) % all.size()];
}
inline bool may_come_again(event_call what) { return what == event_call::once || what == event_call::signal || what == event_call::stop; }
inline bool is_transfer(event_call what) { return what == event_call::transact || what == event_call::start || what == event_call::once; }

/// Of the batch that a call belongs to.
inline std::string collector_of(std::uint64_t number)
{
    return "c-" + std::to_string(number / event_callers / calls_of_a_batch) + "-" + std::to_string(caller_of(number));
}
/// Signals to one collector: four from outside, eight of transactions, and two of each of four runs.
inline constexpr std::size_t signals_of_a_batch = 20;

/// What an event says.
struct event_order
{
    std::uint64_t number{};
    std::uint32_t part{}; ///< 0: the caller's event; 1 and 2: those of the run that it started

    auto operator<=>(const event_order&) const = default;
};
BOOST_DESCRIBE_STRUCT(event_order, (), (number, part))

inline std::string id_of(const event_order& o) { return std::to_string(o.number) + "-" + std::to_string(o.part); }
/// In a key orders rise, over all lives.
inline std::string key_of(const event_order& o)
{
    return o.part == 0 ? "k" + std::to_string(caller_of(o.number)) : "p" + std::to_string(o.number);
}
inline bool fails_at_first(const event_order& o) { return o.number / event_callers % 16 == 3; }
inline bool rolls_back_at_first(const event_order& o) { return o.number / event_callers % 16 == 5; }
inline bool is_undeliverable(const event_order& o) { return o.number / event_callers % 32 == 9; }

/// What a collector collects.
struct event_item
{
    std::string sender;        ///< "out", "tx", or the number of the call that started the run
    std::uint64_t number{};    ///< rises
    std::optional<std::size_t> ends_at{}; ///< no item: so many there are

    bool operator==(const event_item&) const = default;
};
BOOST_DESCRIBE_STRUCT(event_item, (), (sender, number, ends_at))

inline const table<std::uint32_t, std::int64_t> accounts{"accounts"};
inline const table<std::string, std::uint32_t> ledger{"ledger"};           ///< label of a transfer -> how many times
inline const table<std::string, event_order> latest{"latest"};             ///< of each key, that the transaction handler had
inline const table<std::string, event_order> disorder{"disorder"};         ///< what it had behind a later one

/// What the transfer of this label moves.
struct event_transfer
{
    std::uint32_t from{};
    std::uint32_t to{};
    std::int64_t amount{};
};
inline constexpr std::uint32_t account_count = 8;
inline event_transfer transfer_of(std::string_view label)
{
    std::uint64_t hash = 14695981039346656037u;
    for (const char c : label)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    const auto from = static_cast<std::uint32_t>(hash >> 8 & 7);
    const auto to = (from + 1 + static_cast<std::uint32_t>(hash >> 16) % (account_count - 1)) % account_count;
    return {from, to, 1 + static_cast<std::int64_t>(hash >> 40 & 1023)};
}
/// Returns what is left, which no other transfer can say beforehand.
inline std::int64_t transfer(transaction& tx, const std::string& label)
{
    const event_transfer what = transfer_of(label);
    const std::int64_t left = tx.add(accounts, what.from, -what.amount);
    tx.add(accounts, what.to, what.amount);
    tx.add(ledger, label);
    return left;
}
inline std::uint64_t folded_result(std::uint64_t one, std::uint64_t two, std::int64_t left, std::uint64_t last)
{
    return ((one * 31 + two) * 31 + static_cast<std::uint64_t>(left)) * 31 + last;
}

enum class event_deed : std::uint16_t
{
    trying = 1, ///< a call, from its first byte on
    told,       ///< the call has returned: acknowledged
    began,      ///< a step's body; place = which one
    ended,      ///< value = what it returns
    heard,      ///< the plain handler began; value = token, place = whether it is redelivered
    mailed      ///< and came to its end, good or bad
};

struct event_note
{
    event_deed what{};
    std::uint16_t part{};
    std::uint32_t life{};
    std::uint64_t number{};
    std::uint64_t value{};
    std::uint32_t place{};
    std::uint32_t zero{};

    event_order order() const { return {number, part}; }
};
// A kill may cut a write at the end of a page: none of these lies across one.
static_assert(sizeof(event_note) == 32);

/// Appended to by whole notes, in the order in which things happened; the page cache survives SIGKILL.
class event_log
{
public:
    event_log(const std::string& path, std::uint32_t life) : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)), life_(life)
    {
        if (file_ < 0)
            throw std::runtime_error("cannot open " + path);
    }
    ~event_log() { ::close(file_); }
    event_log(const event_log&) = delete;
    event_log& operator=(const event_log&) = delete;

    void write(event_deed what, const event_order& of, std::uint32_t place = 0, std::uint64_t value = 0)
    {
        const event_note note{what, static_cast<std::uint16_t>(of.part), life_, of.number, value, place, 0};
        if (::write(file_, &note, sizeof note) != sizeof note)
            throw std::runtime_error("cannot write what happened");
    }
    /// A number that no other call has got, in no life: two executions can be told apart.
    std::uint64_t unique() { return (std::uint64_t{life_} << 32) + ++numbers_; }

    static std::vector<event_note> read(const std::string& path)
    {
        std::vector<event_note> all;
        std::ifstream in(path, std::ios::binary);
        for (event_note one; in.read(reinterpret_cast<char*>(&one), sizeof one);)
            all.push_back(one);
        return all;
    }

private:
    int file_;
    std::uint32_t life_;
    std::atomic<std::uint32_t> numbers_{};
};
}
