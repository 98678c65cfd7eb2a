#pragma once

// An event on its way to a handler, or some of one lane, as the engine's step places and its transactor take them. Whatever it is given to,
// it ends in its home.
//
// Threads: its owner's before and after; in between it belongs to who has it.

#include "engine/body_job.hpp"
#include "engine/inflight_map.hpp"
#include "engine/registry.hpp"
#include "feature/handed_event.hpp"
#include "feature/subscriber.hpp"

#include <everstep/detail/engine_link.hpp>
#include <everstep/detail/operation.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace everstep::core
{
class delivery_job final : public body_job
{
public:
    /// At least one; more than one for a handler only.
    delivery_job(job_home& home, subscriber& of, std::vector<handed_pointer>&& what, std::stop_token stop, services& given);

    subscriber& of() const noexcept { return of_; }
    /// The one that the handler has, or the first.
    const handed_event& what() const noexcept { return *what_[std::min(done_, what_.size() - 1)]; }

    // Once it is back: so many were delivered; the next one ended as outcome() says, unless that is `delivered`, and the rest was not tried.
    std::vector<handed_pointer>& events() noexcept { return what_; }
    std::size_t done() const noexcept { return done_; }
    bool was_refused() const noexcept { return was_refused_; }
    bool may_not_begin() const noexcept { return stop_.stop_requested() || of_.is_held(); }
    // For those who end it elsewhere.
    void all_done() noexcept { done_ = what_.size(); }
    void undo_done() noexcept { done_ = 0; }
    delivery_outcome outcome() const;
    std::string describe() const override;
    /// The same for all attempts: delivery::token().
    std::string token() const { return shown().token(); }
    /// The code of an endpoint that wants no more.
    static constexpr const char* gone_code = "gone";

    /// What a process death in a handler of this subscription is counted against.
    static std::uint64_t blame_of(std::string_view subscription) noexcept;

private:
    struct handler_call final : detail::operation
    {
        explicit handler_call(delivery_job& job);
        delivery_job& of;
    };
    static const detail::operation_traits handler_traits;
    delivery shown() const;
    void handle();
    void handle(transaction& tx);

    subscriber& of_;
    std::vector<handed_pointer> what_;
    std::size_t done_{};
    bool was_refused_{};
    std::stop_token stop_;
    services& given_;
    handler_call call_;
};

/// The handler's transaction, which also says that it has had the event. Ends in the job's home.
std::unique_ptr<detail::outside_transaction> as_transaction(std::unique_ptr<delivery_job> job, inflight_map& inflight,
                                                            std::uint32_t& hint);
/// The start of a run, or what a run wants of another one. Throws codec_error, engine_error (wrong_use).
detail::request as_start(const delivery_job& job, const registry& workflows);
/// How the engine is asked for more.
using ask_engine = std::function<void(detail::request&& what, std::unique_ptr<detail::receiver> to)>;
/// Takes the answer to it. Ends in the job's home.
std::unique_ptr<detail::receiver> as_receiver(std::unique_ptr<delivery_job> job, const detail::request& what, ask_engine ask);
}
