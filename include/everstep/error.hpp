#pragma once

// What everstep throws and what user code throws at it.
//
//     throw permanent_error{"no_stock", "sku 4711 is sold out"};       // in a step's body: no further attempt
//     throw retry_after{std::chrono::seconds{30}};                      // in a step's body: the next attempt then
//     try { co_await ctx.step("ship", …); }
//     catch (const step_failed& e) { … e.code() … e.attempts() … }      // in a workflow: live and replayed alike
//
// Threads: values; copy and read anywhere.
// Crash: what a step failed with is journaled before a workflow sees it, so replay throws the same.

#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

namespace everstep::inline v0
{
/// Each with what the caller should do.
enum class errc : std::uint8_t
{
    closed = 1,       ///< the engine is closed or gone: open one and look the run up by its id
    overloaded,       ///< admission is full and the caller chose not to wait: come again later
    conflict,         ///< a run of this id exists with another input: choose another id
    not_found,        ///< no run of this workflow and id, or keep_finished has passed since it ended: start it
    unknown,          ///< the disk failed under the commit: reopen, then look the run up by its id; it is whole or absent
    would_deadlock,   ///< a blocking call where the engine would wait for itself (engine.hpp, Threads): use the async_ form
    forked,           ///< this process is a fork of the journal's owner: exec, or open a journal of its own
    in_use,           ///< another process, or another engine of this one, owns the journal
    newer_format,     ///< the journal was written by a newer everstep: nothing was written; use that one
    damaged,          ///< checksums do not match: restore a backup
    no_space,         ///< no room for the journal at open: free some
    bad_directory,    ///< not a directory that we may create and own: see the text
    io,               ///< the system refused to open or read the journal: see the text; nothing was lost
    limit,            ///< a name, id or payload is longer than its limit: see the text
    wrong_use,        ///< the call does not fit: not open yet, workflow not added, added twice…; see the text
    bad_value,        ///< a value cannot be kept such that it would be read back equal: see the text
    ended             ///< the run has ended and takes nothing more: start another one
};

/// The name of the value, as in the source: "overloaded".
std::string_view name_of(errc code) noexcept;

/// The base of what everstep throws. `cancelled` alone stands outside, so that a workflow's `catch (const error&)` or
/// `catch (const std::exception&)` never swallows a cancellation.
class error : public std::exception
{
public:
    error(std::string code, std::string text);
    const char* what() const noexcept override { return what_.c_str(); }
    /// A word for programs: "conflict", or what the body gave to permanent_error.
    const std::string& code() const noexcept { return code_; }
    /// A sentence for people.
    const std::string& text() const noexcept { return text_; }

private:
    std::string code_;
    std::string text_;
    std::string what_;
};

/// An engine call could not be done.
class engine_error : public error
{
public:
    engine_error(errc why, const std::string& text);
    errc why() const noexcept { return why_; }

private:
    errc why_;
};

/// The engine is gone, or closes. Nothing that was acknowledged is lost.
class engine_closed : public engine_error
{
public:
    engine_closed();
};

/// A value cannot be encoded, or bytes cannot be decoded: the text names the member.
class codec_error : public error
{
public:
    explicit codec_error(const std::string& text);
};

/// Thrown at the `co_await` of a step that has no result and gets no further attempt.
class step_failed : public error
{
public:
    step_failed(std::string code, std::string text, std::string step, std::string path, std::uint32_t attempts);
    const std::string& step() const noexcept { return step_; }
    const std::string& path() const noexcept { return path_; }
    std::uint32_t attempts() const noexcept { return attempts_; }

private:
    std::string step_;
    std::string path_;
    std::uint32_t attempts_;
};

/// A step that ran into a time-out of its options and gave no result: of its last attempt, of heartbeats, or of all its attempts together.
class timed_out : public step_failed
{
public:
    using step_failed::step_failed;
};

/// Thrown by result() and reply(): the run ended in an error, was cancelled (code "cancelled"), or is parked.
class run_failed : public error
{
public:
    using error::error;
};

/// Thrown by reply(): the run completed without a reply, and none can come.
class no_reply : public error
{
public:
    no_reply();
};

/// For step bodies: this will never work, so do not try again.
class permanent_error : public error
{
public:
    using error::error;
};

/// For step bodies: try again after this long (and within the policy's attempts and total time).
class retry_after : public error
{
public:
    explicit retry_after(std::chrono::milliseconds delay, std::string text = "asked to come again later");
    std::chrono::milliseconds delay() const noexcept { return delay_; }

private:
    std::chrono::milliseconds delay_;
};

/// Thrown at every wait of a run that was cancelled, until its compensation begins. Derives from nothing. Let it pass.
struct cancelled
{
    std::string reason;
};
}
