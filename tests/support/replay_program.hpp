#pragma once

// A workflow's code as a list, and a history that can be cut: what the player plays.
//
//     program code{.body = {step("charge"), reply(), timer(5)}};
//     play(code, {step_done(at(0), "charge")})     // "0 value, 1 value, waits for 2"

#include "replay_entries.hpp"

#include <array>
#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <vector>

namespace everstep::replay::scripted
{
using lines = std::vector<asked>;

/// The body is one line of execution; before body[fork] two branches run and are joined. What leaves the body as an error, a
/// cancel or a failure that ends it, is compensated; then comes the code behind the handler.
struct program
{
    static constexpr std::size_t no_fork = ~std::size_t{};

    lines body{};
    std::size_t fork{no_fork};
    std::array<lines, 2> branches{};
    lines behind{};            ///< after compensation
    bool undoable{};           ///< steps have undos
    bool failure_ends{};       ///< a failed step leaves the body
    bool compensates{true};    ///< false: the code ends at once
};

/// Entries as they come back from their bytes, 0 is the start.
class recorded_history
{
public:
    struct record
    {
        std::string_view bytes;
        entry as_read;
    };

    recorded_history() { append(when(1'000, entry_of(entry_kind::started))); }
    recorded_history(std::initializer_list<entry> after_start) : recorded_history()
    {
        for (const entry& e : after_start)
            append(e);
    }
    recorded_history(recorded_history&&) = default;

    void append(const entry& e)
    {
        std::string& bytes = bytes_.emplace_back();
        encode(e, bytes);
        record& read = records_.emplace_back(record{bytes, {}});
        if (!decode(read.bytes, read.as_read))
            throw std::string("an entry is not read back");
    }
    /// The first entries. Views those of this history.
    recorded_history cut(std::size_t count) const
    {
        recorded_history prefix(records_[0]);
        prefix.records_.assign(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(count));
        return prefix;
    }
    std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(records_.size()); }
    const entry& operator[](std::size_t seq) const noexcept { return records_[seq].as_read; }

    friend bool operator==(const recorded_history& a, const recorded_history& b)
    {
        return std::equal(a.records_.begin(), a.records_.end(), b.records_.begin(), b.records_.end(),
                          [](const record& x, const record& y) { return x.bytes == y.bytes; });
    }

private:
    explicit recorded_history(const record& start) : records_{start} {}

    std::deque<std::string> bytes_;
    std::vector<record> records_;
};

/// What happens while the code waits and the history is exhausted. False: nothing, the process ends here.
class outside_world
{
public:
    virtual bool next(const machine& core, std::uint32_t seq, entry& to) = 0;

protected:
    ~outside_world() = default;
};
}
