#include "feature/delivery_job.hpp"

#include "base/checksum.hpp"
#include "engine/intent.hpp"
#include "journal/header.hpp"
#include "replay/token.hpp"

#include <everstep/error.hpp>
#include <everstep/promise.hpp>
#include <everstep/transaction.hpp>

#include <exception>
#include <source_location>
#include <utility>

namespace everstep::inline v0
{
std::string delivery::token() const { return replay::token_of(base::hash128_of(subscription_, number_), {}); }
}

namespace everstep::core
{
using detail::request_kind;

namespace
{
/// Leaves nothing written; what the handler threw is kept by the job.
struct rolled_back
{
};

void hand_back(std::unique_ptr<delivery_job> job) noexcept
{
    body_job* one = job.release();
    one->home().take_back({&one, 1});
}

/// It is no fault of the handler's: nothing happened, and nothing will in this process, or the journal could not be read.
bool is_ours(const std::exception_ptr& failure)
{
    try
    {
        std::rethrow_exception(failure);
    }
    catch (const engine_error& e)
    {
        return e.why() == errc::closed || e.why() == errc::unknown || e.why() == errc::io;
    }
    catch (...)
    {
        return false;
    }
}

class handler_transaction final : public detail::outside_transaction
{
public:
    handler_transaction(std::unique_ptr<delivery_job> job, inflight_map& inflight, std::uint32_t& hint)
        : job_(std::move(job)), inflight_(inflight), hint_(hint)
    {
    }
    detail::sake whose() const noexcept override { return detail::sake::handler; }

    void run(transaction& tx) override
    {
        if (job_->may_not_begin())
        {
            job_->end = body_end::never_begun;
            throw rolled_back{};
        }
        job_->slot = inflight_.acquire(job_->blame_run, job_->blame_step, hint_);
        job_->transact(tx);
        inflight_.release(job_->slot, hint_);
        if (job_->end != body_end::value)
            throw rolled_back{};
        // With what the handler wrote. If we die before the commit, it has had no event; if we die after it, recovery knows by this row
        // that it had.
        const handed_event& what = *job_->events().front();
        tx.put(taken_table(), {job_->of().name(), what.what->number}, what.generation);
    }
    void ended(std::exception_ptr failure) noexcept override
    {
        if (failure)
            job_->undo_done();
        if (failure && is_ours(failure))
            job_->end = body_end::never_begun;
        else if (failure && job_->end == body_end::value)
            job_->fail(failure);
        hand_back(std::move(job_));
    }

private:
    std::unique_ptr<delivery_job> job_;
    inflight_map& inflight_;
    std::uint32_t& hint_;
};

class start_receiver final : public detail::receiver
{
public:
    start_receiver(std::unique_ptr<delivery_job> job, request_kind what, std::string parent, ask_engine ask)
        : job_(std::move(job)), what_(what), parent_(std::move(parent)), ask_(std::move(ask))
    {
    }

    void take(detail::answer&& a) noexcept override
    {
        const bool is_over = a.what == detail::answer_kind::engine_error && (a.why == errc::closed || a.why == errc::unknown || a.why == errc::io);
        if (is_over)
            job_->end = body_end::never_begun;
        else if (a.what == detail::answer_kind::value || is_of_no_use(a))
            job_->all_done();
        else if (a.why != errc::overloaded && what_ == request_kind::start && !parent_.empty())
            return tell_parent(a);
        else
        {
            job_->fail(detail::exception_of(a));
            const bool is_parked = what_ == request_kind::cancel && a.why == errc::wrong_use; // it is cancelled when it goes on
            if (a.why != errc::overloaded && !is_parked)
                job_->end = body_end::permanent; // it would be the same again
        }
        hand_back(std::move(job_));
    }

private:
    /// Who was to be told, or to be stopped, has ended.
    bool is_of_no_use(const detail::answer& a) const noexcept
    {
        return (what_ == request_kind::complete || what_ == request_kind::cancel) && (a.why == errc::ended || a.why == errc::not_found);
    }

    /// A child that could not be started has failed, as far as its parent is concerned. If we die before that is durable, the event comes again.
    void tell_parent(const detail::answer& a) noexcept
    {
        const detail::promise_answer failed{std::string(name_of(a.why)), a.text, {}};
        detail::request told{request_kind::complete, admission::wait, nullptr, std::exchange(parent_, {})};
        told.message.payload = encode(failed);
        std::unique_ptr<detail::receiver> to = std::make_unique<start_receiver>(std::move(job_), request_kind::complete, std::string(), ask_);
        ask_(std::move(told), std::move(to));
    }

    std::unique_ptr<delivery_job> job_;
    request_kind what_;
    std::string parent_; ///< the token by which it is told; empty: nobody is
    ask_engine ask_;
};
}

const detail::operation_traits delivery_job::handler_traits = [] {
    detail::operation_traits traits;
    traits.what = detail::verb::step;
    traits.run = [](detail::operation& self, attempt&, std::string&) { static_cast<handler_call&>(self).of.handle(); };
    traits.transact = [](detail::operation& self, transaction& tx, std::string&) { static_cast<handler_call&>(self).of.handle(tx); };
    return traits;
}();

delivery_job::handler_call::handler_call(delivery_job& job)
    : operation(handler_traits, op_name::of_engine("handler", std::source_location::current())), of(job)
{
}

delivery_job::delivery_job(job_home& home, subscriber& of, std::vector<handed_pointer>&& what, std::stop_token stop, services& given)
    : body_job(home, call_, {}, 1, given, SIZE_MAX, false), of_(of), what_(std::move(what)), stop_(std::move(stop)), given_(given), call_(*this)
{
    blame_step = what_.front()->what->number;
}

delivery delivery_job::shown() const
{
    const handed_event& one = what();
    return {of_.name(), one.what->number, one.failures + 1, one.redelivered || one.failures != 0, stop_, given_};
}

void delivery_job::handle()
{
    if (!of_.may_begin())
    {
        was_refused_ = true;
        return;
    }
    struct ends
    {
        subscriber& of;
        ~ends() { of.has_ended(); }
    } const later{of_};
    const auto& to = std::get<detail::event_handler>(of_.setup().to);
    for (; done_ < what_.size() && !stop_.stop_requested() && !of_.is_held(); ++done_)
    {
        delivery d = shown();
        to(*what().what, d);
    }
}

void delivery_job::handle(transaction& tx)
{
    done_ = 0; // may come again
    delivery d = shown();
    std::get<detail::event_transaction>(of_.setup().to)(tx, *what().what, d);
    done_ = 1;
}

delivery_outcome delivery_job::outcome() const
{
    switch (end)
    {
    case body_end::value: return {.end = delivery_end::delivered, .code = {}, .text = {}, .delay = {}};
    case body_end::never_begun: return {.end = delivery_end::never_begun, .code = {}, .text = {}, .delay = {}};
    case body_end::permanent: return {.end = delivery_end::permanent, .code = code, .text = text, .delay = {}};
    case body_end::later: return {.end = delivery_end::later, .code = code, .text = text, .delay = delay};
    case body_end::failed: break;
    }
    return {.end = delivery_end::failed, .code = code, .text = text, .delay = {}};
}

std::string delivery_job::describe() const { return "subscription " + of_.name() + " event " + std::to_string(what().what->number); }

std::uint64_t delivery_job::blame_of(std::string_view subscription) noexcept
{
    constexpr std::uint64_t is_no_run = 1ull << 63; // runs are counted from 1
    return base::hash64(subscription) | is_no_run;
}

std::unique_ptr<detail::outside_transaction> as_transaction(std::unique_ptr<delivery_job> job, inflight_map& inflight, std::uint32_t& hint)
{
    return std::make_unique<handler_transaction>(std::move(job), inflight, hint);
}

detail::request as_start(const delivery_job& job, const registry& workflows)
{
    const auto& to = std::get<detail::event_workflow>(job.of().setup().to);
    const event& what = *job.what().what;
    detail::request start;
    start.what = request_kind::start;
    start.when_full = admission::wait;
    if (!to.function)
    {
        intent wanted = what.as<intent>();
        const registered_workflow* code = workflows.find(wanted.workflow);
        if (!code)
            throw engine_error(errc::wrong_use, "workflow '" + wanted.workflow + "' was not added: add it, and redrive this");
        start.function = code->function;
        start.id = std::move(wanted.id);
        switch (wanted.what)
        {
        case intent_kind::start:
            start.bytes = std::move(wanted.bytes);
            start.parent = std::move(wanted.message);
            break;
        case intent_kind::signal:
            start.what = request_kind::signal;
            start.message = {std::move(wanted.name), std::move(wanted.type), wanted.message.empty() ? what.id : std::move(wanted.message),
                             std::move(wanted.bytes)};
            break;
        case intent_kind::cancel:
            start.what = request_kind::cancel;
            start.bytes = std::move(wanted.bytes);
            start.parent = std::move(wanted.message);
            break;
        case intent_kind::complete:
            start.what = request_kind::complete;
            start.id = std::move(wanted.message);
            start.message.payload = std::move(wanted.bytes);
            break;
        }
        return start;
    }
    start.function = to.function;
    start.id = job.of().name() + "/" + what.id;
    if (start.id.size() > journal::id_bytes_max)
        start.id = job.of().name() + "/#" + replay::hex_of(base::hash128_of(what.id));
    start.bytes = to.input_of(what);
    return start;
}

std::unique_ptr<detail::receiver> as_receiver(std::unique_ptr<delivery_job> job, const detail::request& what, ask_engine ask)
{
    return std::make_unique<start_receiver>(std::move(job), what.what, what.parent, std::move(ask));
}
}
