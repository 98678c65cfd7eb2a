#pragma once

// One attempt of a step's body on its way from a shard to a step place and back. The shard owns it from before submit() until
// it has been handed back; in between the place has it to itself.

#include <everstep/attempt.hpp>
#include <everstep/detail/operation.hpp>
#include <everstep/detail/step_operation.hpp>
#include <everstep/transaction.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

namespace everstep::core
{
class body_job;

/// Where finished jobs go: a shard's mailbox. Any thread; never blocks for long.
class job_home
{
public:
    virtual void take_back(std::span<body_job* const> finished) noexcept = 0;

protected:
    ~job_home() = default;
};

/// How an attempt ended.
enum class body_end : std::uint8_t
{
    value,     ///< encoded holds the result
    failed,    ///< may be tried again
    permanent, ///< permanent_error, or a result that cannot be encoded or is too large: never again
    later,     ///< retry_after: again after `delay`
    never_begun ///< its place was halted before its turn came
};

class body_job : public detail::body_sink
{
public:
    /// `shows_attempt` false: the body takes no attempt, so nobody can see a stop, and none is kept.
    body_job(job_home& home, detail::operation& op, std::string token, std::uint32_t number, services& given,
             std::size_t payload_bytes_max, bool shows_attempt = true)
        : home_(home), op_(&op), given_(given), stop_(shows_attempt ? std::stop_source() : std::stop_source(std::nostopstate)),
          attempt_(std::in_place, std::move(token), number, stop_.get_token(), given, payload_bytes_max), payload_bytes_max_(payload_bytes_max)
    {
    }
    virtual ~body_job() = default;
    /// Keeps the memory of its strings and nothing else, to become another attempt. Not while a place has it.
    void shed() noexcept;
    /// After shed().
    void begin_anew(detail::operation& op, std::string token, std::uint32_t number, bool shows_attempt);
    body_job(const body_job&) = delete;
    body_job& operator=(const body_job&) = delete;

    /// Calls the body on this thread and keeps how it ended. Does not hand the job back: the place does, in batches.
    void run() noexcept;
    /// The same of a transaction's body, or of an undo that is one.
    void transact(transaction& with) noexcept;
    /// As if the body had thrown this.
    void fail(const std::exception_ptr& why) noexcept { keep(why); }
    /// For bodies that return an awaitable (op().traits().spawn): ends in home().take_back by itself.
    void spawn(void* executor) noexcept;

    // detail::body_sink, for spawned bodies: keep how it ended and hand the job back.
    void succeeded(std::string encoded) override;
    void threw(std::exception_ptr error) override;

    detail::operation& op() const noexcept { return *op_; }
    /// Before the body begins: made where it was not. While the body runs, and after: null where nobody has needed one.
    detail::heart& make_heart() { return *attempt_->shared_heart(); }
    detail::heart* heart() const noexcept { return attempt_->heart(); }
    job_home& home() const noexcept { return home_; }
    /// Any thread.
    void ask_to_stop() noexcept { stop_.request_stop(); }

    /// What it is for people: "checkout/o-17 step charge". Any thread while the job lives; made on demand.
    virtual std::string describe() const = 0;

    // How it ended; valid once handed back.
    body_end end{body_end::value};
    std::chrono::milliseconds delay{};
    std::string encoded;
    std::string code;
    std::string text;

    std::uint32_t slot{}; ///< of inflight.map, while it runs; the place sets and clears it
    job_home* via{};      ///< set by a place that sees spawned jobs before their home does
    /// What a process death in this body is counted against.
    std::uint64_t blame_run{};
    std::uint64_t blame_step{};
    /// A body that owns all that it touches, and the job's name for people, which then needs no run either. Null for most.
    struct owned_body
    {
        std::shared_ptr<const detail::detached_body> body;
        std::string name;
    };
    std::unique_ptr<owned_body> detached;
    /// An undo runs traits().undo with this instead of the body.
    std::string_view undo_of;
    bool is_undo{};

private:
    void keep(const std::exception_ptr& error) noexcept;
    void sort_out(const std::exception_ptr& error);
    void check_size();
    void body_ended() noexcept;
    void hand_back() noexcept;

    job_home& home_;
    detail::operation* op_;
    services& given_;
    std::stop_source stop_;
    std::optional<attempt> attempt_;
    std::size_t payload_bytes_max_;
};
}
