#pragma once

// One call of a step's body: what the body may know of it, and what it may say.
//
//     co_await ctx.step("charge", [&](attempt& a) { return bank.charge(o.id, o.cents, a.token()); });
//     co_await ctx.step("import", patient, [&](attempt& a) {
//         for (int row = a.last_progress<int>().value_or(0); row < rows && !a.stop().stop_requested(); ++row)
//         {
//             table.take(row);
//             a.heartbeat(row + 1); // where the next attempt goes on
//         }
//     });
//
// Threads: belongs to the body, which may call it from all threads that it uses itself. The stop token and a pulse may be handed on.
// Lifetime: until the body returns; a pulse as long as anybody has it.
// Crash: the token is the same for every attempt of the step, through retries, crashes and compilers, so an outside system that
// deduplicates by it sees the effect once. The last progress of an attempt is journaled when the attempt *fails*: the next one has it, also
// after a crash. A heartbeat itself writes nothing, so that of an attempt which a crash cuts off is lost, and the next attempt is given
// what the last one that failed had said. Work that must not go back that far is several steps.
// Errors: see heartbeat and last_progress.

#include <everstep/codec.hpp>
#include <everstep/detail/heart.hpp>
#include <everstep/services.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace everstep::inline v0
{
/// Heartbeats of an attempt, for other threads of its body. Copyable; does nothing once the body has ended.
class pulse
{
public:
    explicit pulse(std::shared_ptr<detail::heart> of) noexcept : heart_(std::move(of)) {}

    /// As attempt::heartbeat.
    void beat() const { heart_->beat(); }
    template <class Progress>
    void beat(const Progress& progress) const
    {
        static_assert(encodable<Progress>, "progress must be encodable: see everstep/codec.hpp");
        heart_->beat(encode(progress));
    }

private:
    std::shared_ptr<detail::heart> heart_;
};

class attempt
{
public:
    attempt(std::string token, std::uint32_t number, std::stop_token stop, const services& given,
            std::size_t progress_bytes_max = 1u << 20)
        : token_(std::move(token)), stop_(std::move(stop)), services_(given), number_(number),
          progress_bytes_max_(progress_bytes_max < UINT32_MAX ? static_cast<std::uint32_t>(progress_bytes_max) : UINT32_MAX)
    {
    }
    ~attempt()
    {
        if (const auto* kept = heart_.load(std::memory_order_acquire))
            delete kept;
    }
    attempt(const attempt&) = delete;
    attempt& operator=(const attempt&) = delete;

    /// 32 hexadecimal digits; of this step alone.
    const std::string& token() const noexcept { return token_; }
    /// Of an undo's attempt: the token that all attempts of the step had which it undoes. Empty elsewhere.
    const std::string& undoes() const noexcept
    {
        static const std::string none;
        const auto* kept = heart_.load(std::memory_order_acquire);
        return kept ? (*kept)->undoes() : none;
    }
    /// Asked to stop: a time-out, a cancel, or close(). What the body still returns is recorded all the same.
    const std::stop_token& stop() const noexcept { return stop_; }
    /// 1 for the first; failed attempts count, those that a crash cut off do not.
    std::uint32_t number() const noexcept { return number_; }
    /// What the application provided; the same as context::use.
    template <class Service>
    Service& use() const
    {
        return services_.get<Service>();
    }

    /// The body is alive: step_options::heartbeat_timeout counts from here again. Costs a lock and a look at the clock, and writes nothing: call it
    /// as often as is convenient.
    void heartbeat() const
    {
        if (auto* kept = heart_.load(std::memory_order_acquire))
            (*kept)->beat();
    }
    /// The same, and how far it has come; the value takes the place of the one before. Throws permanent_error ("limit") where it is longer
    /// than engine_options::payload_bytes_max, codec_error where it cannot be kept.
    template <class Progress>
    void heartbeat(const Progress& progress) const
    {
        static_assert(encodable<Progress>, "progress must be encodable: see everstep/codec.hpp");
        shared_heart()->beat(encode(progress));
    }
    /// What attempts before this one said last, where one that failed had said something. Throws codec_error where that is no Progress.
    template <class Progress>
    std::optional<Progress> last_progress() const
    {
        static_assert(encodable<Progress>, "progress must be encodable: see everstep/codec.hpp");
        const auto* kept = heart_.load(std::memory_order_acquire);
        if (!kept || (*kept)->before().empty())
            return std::nullopt;
        return decode<Progress>((*kept)->before());
    }
    /// For other threads of the body.
    everstep::pulse pulse() const { return everstep::pulse(shared_heart()); }

    /// For the engine: made when it is first needed. Null: it was not.
    detail::heart* heart() const noexcept
    {
        const auto* kept = heart_.load(std::memory_order_acquire);
        return kept ? kept->get() : nullptr;
    }
    const std::shared_ptr<detail::heart>& shared_heart() const
    {
        if (auto* kept = heart_.load(std::memory_order_acquire))
            return *kept;
        auto made = std::make_unique<std::shared_ptr<detail::heart>>(std::make_shared<detail::heart>(progress_bytes_max_));
        std::shared_ptr<detail::heart>* first = nullptr;
        if (heart_.compare_exchange_strong(first, made.get(), std::memory_order_acq_rel))
            return *made.release();
        return *first; // another thread was faster
    }

private:
    std::string token_;
    std::stop_token stop_;
    const services& services_;
    mutable std::atomic<std::shared_ptr<detail::heart>*> heart_{};
    std::uint32_t number_;
    std::uint32_t progress_bytes_max_;
};
}
