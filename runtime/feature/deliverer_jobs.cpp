// How deliveries go out and come back: the rest of deliverer.

#include "engine/chance.hpp"
#include "feature/deliverer.hpp"

#include <everstep/error.hpp>
#include <everstep/transaction.hpp>

#include <chrono>
#include <utility>

namespace everstep::core
{
namespace
{
double random_share()
{
    constexpr double two_to_53 = 9007199254740992.0;
    return static_cast<double>(fresh_bits().low >> 11) / two_to_53;
}
}

/// What was done by hand would be the same: it stays so until somebody resumes it.
class deliverer::write_of_pause final : public detail::outside_transaction
{
public:
    write_of_pause(deliverer& of, std::string name, std::string because) : of_(of), name_(std::move(name)), because_(std::move(because)) {}
    detail::sake whose() const noexcept override { return detail::sake::engine; }

    void run(transaction& tx) override
    {
        subscription_order wanted = tx.get(order_table(), name_).value_or(subscription_order{});
        wanted.paused = true;
        wanted.because = because_;
        // If we die before this commit, the next process asks the endpoint once more, and is told so again.
        tx.put(order_table(), name_, wanted);
    }
    void ended(std::exception_ptr failure) noexcept override
    {
        if (!failure)
            of_.put_changed(name_);
    }

private:
    deliverer& of_;
    std::string name_, because_;
};

void deliverer::open_webhooks()
{
    std::shared_ptr<webhook_resolver> resolver;
    std::shared_ptr<const webhook_trust> trust;
    for (const auto& one : subscribers_)
    {
        if (!one->is_webhook())
            continue;
        if (!trust)
            resolver = system_webhook_resolver(), trust = system_webhook_trust();
        hooks_.emplace(one.get(),
                       std::make_unique<webhook_link>(core_.executor(), std::get<webhook_endpoint>(one->setup().to), resolver, trust));
    }
}

void deliverer::dispatch()
{
    std::vector<body_job*> to_pool;
    for (const auto& one : subscribers_)
        for (auto some = one->next_to_go(now_); !some.empty(); some = one->next_to_go(now_))
            launch(*one, std::move(some), to_pool);
    core_.submit(step_place::pool, to_pool);
}

void deliverer::launch(subscriber& of, std::vector<handed_pointer>&& what, std::vector<body_job*>& to_pool)
{
    auto job = std::make_unique<delivery_job>(*this, of, std::move(what), stop_.get_token(), core_.given);
    job->blame_run = delivery_job::blame_of(of.name());
    if (const std::uint32_t deaths = core_.deaths(job->blame_run, job->blame_step);
        core_.options.crash_loop_deaths != 0 && deaths >= core_.options.crash_loop_deaths)
    {
        job->fail(std::make_exception_ptr(
            permanent_error("crash_loop", "the process died " + std::to_string(deaths) + " times while the handler had this event")));
        return end(std::move(job));
    }
    if (std::holds_alternative<detail::event_handler>(of.setup().to))
        return to_pool.push_back(job.release());
    if (of.is_webhook())
        return hooks_.at(&of)->post(std::move(job), std::chrono::floor<std::chrono::seconds>(std::chrono::sys_time(
                                                        std::chrono::microseconds(core_.time().wall()))));
    if (std::holds_alternative<detail::event_transaction>(of.setup().to))
        return core_.accept_own(as_transaction(std::move(job), core_.inflight(), inflight_hint_));
    try
    {
        detail::request start = as_start(*job, core_.workflows);
        const ask_engine ask = [&core = core_](detail::request&& wanted, std::unique_ptr<detail::receiver> answered) {
            if (auto now = core.accept(std::move(wanted), [&] { return std::move(answered); }))
                answered->take(std::move(*now));
        };
        std::unique_ptr<detail::receiver> to = as_receiver(std::move(job), start, ask);
        ask(std::move(start), std::move(to));
    }
    catch (const everstep::error&)
    {
        job->fail(std::current_exception()); // the data are no input of it
        end(std::move(job));
    }
}

void deliverer::end(std::unique_ptr<delivery_job> job)
{
    subscriber& of = job->of();
    const key_lanes::lane_number of_lane = job->events().front()->lane;
    std::vector<handed_pointer>& events = job->events();
    const std::size_t done = job->done();
    delivery_outcome how = job->outcome();
    if (of.is_webhook())
        judge_answer(of, how);
    if (how.end == delivery_end::never_begun && live_ && !is_over_) // held, or the journal could not be read: it goes again
    {
        of.not_tried(std::move(events));
        if (!of.is_held())
            stall("a delivery could not be made for it");
        return of.is_back(of_lane, false);
    }
    const bool has_failed = how.end != delivery_end::delivered;
    const auto rest = events.begin() + static_cast<std::ptrdiff_t>(done + (has_failed ? 1 : 0));
    of.not_tried({std::make_move_iterator(rest), std::make_move_iterator(events.end())});
    for (std::size_t n = 0; n < done; ++n)
        of.ended(std::move(events[n]), {}, now_, 0);
    count_up(core_.count.deliveries, done);
    if (done != 0)
        core_.inflight().clear(job->blame_run, job->blame_step);
    if (has_failed)
        fail(of, std::move(events[done]), how);
    of.is_back(of_lane, job->was_refused());
}

void deliverer::judge_answer(subscriber& of, delivery_outcome& how)
{
    if (!live_ && how.end != delivery_end::delivered)
        how.end = delivery_end::never_begun; // we cut it off
    if (how.end == delivery_end::later)
        how.end = delivery_end::failed; // the receiver may ask for more time, never for less
    if (how.code != delivery_job::gone_code)
        return;
    of.pause();
    core_.log(severity::warning, "subscription '" + of.name() + "' is paused: " + how.text);
    core_.accept_own(std::make_unique<write_of_pause>(*this, of.name(), how.text));
}

void deliverer::fail(subscriber& of, handed_pointer what, const delivery_outcome& how)
{
    if (how.end != delivery_end::never_begun)
        count_up(core_.count.deliveries_failed);
    const event_number number = what->what->number;
    const std::uint32_t attempts = what->failures + 1;
    const std::string about = "subscription '" + of.name() + "': event " + std::to_string(number);
    if (of.ended(std::move(what), how, now_, random_share()))
    {
        count_up(core_.count.dead_letters);
        core_.log(severity::warning, about + " is a dead letter after " + std::to_string(attempts) +
                                         (attempts == 1 ? " attempt: " : " attempts: ") + how.code + ": " + how.text);
    }
    else if (of.tells_of_failure(now_))
        core_.log(severity::warning, about + " failed at attempt " + std::to_string(attempts) + ", and will be tried again: " + how.code + ": " +
                                         how.text);
}
}
