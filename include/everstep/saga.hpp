#pragma once

// Steps that are undone when the run cannot go on.
//
//     saga undo{ctx};
//     receipt paid = co_await undo.step("charge",
//         [&](attempt& a) { return bank.charge(o.id, o.cents, a.token()); },
//         [](attempt& a, const services& use, const receipt& r) { use.get<payments>().refund(r.payment_id, a.token()); });
//
// When an exception (or a cancel) leaves the workflow's body, the undos of all its sagas run, newest first, each once recorded.
// An undo may also take (transaction&, const Result&): then it is a transaction (everstep/transaction.hpp), as `undo.transact` is a step
// that is one. `co_await undo.compensate()` runs this saga's undos now; `undo.release()` forgets them. A run that completes forgets them too.
//
// The options before the body are the step's alone. Those behind the undo are the undo's (where it is a transaction, only its retries count):
//
//     constexpr step_options refunds{.retry = {.first = 1min, .longest = 1h, .attempts = 50}, .timeout = 30s};
//     co_await undo.step("charge", charge, refund, refunds);
//
// Without them it runs on the pool without a time-out, and is tried again with the delays of a default retry_policy (or as its retry_after says)
// until it succeeds: there is no limit of attempts or time. An undo that fails for good, or has run out of the attempts or time it was given,
// parks the run (compensation_failed), whatever when_exhausted says. Resuming the run tries it again; what was undone before stays undone.
//
// step_unsure is for a step whose effect must be looked up. Its undo takes a pointer, null where the step has no result but may have
// left an effect: it has ended in a failure (a time-out, a lost connection, a permanent_error), or a cancel found it after an attempt that failed.
// An attempt that a crash cut off runs again with its token, so it is known by the time that the undo is asked for.
//
//     co_await undo.step_unsure("charge",
//         [&](attempt& a) { return bank.charge(o.id, o.cents, a.token()); },
//         [](attempt& a, services& use, const receipt* r) { use.get<payments>().refund(r ? r->payment_id : a.undoes()); });
//
// attempt::undoes() is the token that the step had, by which its effect is found; attempt::token() is the undo's own.
//
// Threads: as context.
// Lifetime: the undo runs after the body's locals are gone: it owns and captures nothing, and gets an attempt of its own, the
// services and the recorded result. The saga object itself is only a name for its undos.
// Crash: an undo is registered when the step's result is recorded (or its failure, where it is unsure), even if the await then throws, so
// replay registers the same.
// Errors: see above; everything before an undo that fails stays recorded.

#include <everstep/context.hpp>

#include <cstdint>
#include <type_traits>
#include <utility>

namespace everstep::inline v0
{
struct saga_options
{
    /// So many of its undos run at the same time; 1 is one after the other, newest first. They begin newest first, and only those between which no
    /// undo of another saga stands go together. The next saga's begin, and the run goes on or ends, when all have ended.
    std::uint32_t undos_at_once{1};
};

class saga
{
public:
    explicit saga(context& ctx, const saga_options& options = {}) noexcept
        : run_(ctx.run_), number_(ctx.run_.open_saga()), at_once_(options.undos_at_once)
    {
    }
    saga(const saga&) = delete;
    saga& operator=(const saga&) = delete;

    template <class Body, class Undo>
    auto step(op_name name, Body body, Undo)
    {
        check<detail::body_result<Body>, Undo>();
        return context::make_step<Body, Undo>(std::move(name), nullptr, std::move(body), plan(nullptr));
    }
    template <class Body, class Undo>
    auto step(op_name name, Body body, Undo, const step_options& of_undo)
    {
        check<detail::body_result<Body>, Undo>();
        return context::make_step<Body, Undo>(std::move(name), nullptr, std::move(body), plan(&of_undo));
    }
    template <class Body, class Undo>
    auto step(op_name name, const step_options& options, Body body, Undo)
    {
        check<detail::body_result<Body>, Undo>();
        return context::make_step<Body, Undo>(std::move(name), &options, std::move(body), plan(nullptr));
    }
    template <class Body, class Undo>
    auto step(op_name name, const step_options& options, Body body, Undo, const step_options& of_undo)
    {
        check<detail::body_result<Body>, Undo>();
        return context::make_step<Body, Undo>(std::move(name), &options, std::move(body), plan(&of_undo));
    }

    /// The undo takes (attempt&, services&, const Result*); (attempt&, services&, bool is_done) for a step without result.
    template <class Body, class Undo>
    auto step_unsure(op_name name, Body body, Undo)
    {
        check_unsure<detail::body_result<Body>, Undo>();
        return context::make_step<Body, detail::unsure<Undo>>(std::move(name), nullptr, std::move(body), plan(nullptr));
    }
    template <class Body, class Undo>
    auto step_unsure(op_name name, Body body, Undo, const step_options& of_undo)
    {
        check_unsure<detail::body_result<Body>, Undo>();
        return context::make_step<Body, detail::unsure<Undo>>(std::move(name), nullptr, std::move(body), plan(&of_undo));
    }
    template <class Body, class Undo>
    auto step_unsure(op_name name, const step_options& options, Body body, Undo)
    {
        check_unsure<detail::body_result<Body>, Undo>();
        return context::make_step<Body, detail::unsure<Undo>>(std::move(name), &options, std::move(body), plan(nullptr));
    }
    template <class Body, class Undo>
    auto step_unsure(op_name name, const step_options& options, Body body, Undo, const step_options& of_undo)
    {
        check_unsure<detail::body_result<Body>, Undo>();
        return context::make_step<Body, detail::unsure<Undo>>(std::move(name), &options, std::move(body), plan(&of_undo));
    }

    /// As context::transact.
    template <class Body, class Undo>
    auto transact(op_name name, Body body, Undo)
    {
        check<std::invoke_result_t<Body&, transaction&>, Undo>();
        return context::make_transaction<Body, Undo>(std::move(name), nullptr, std::move(body), plan(nullptr));
    }
    template <class Body, class Undo>
    auto transact(op_name name, Body body, Undo, const step_options& of_undo)
    {
        check<std::invoke_result_t<Body&, transaction&>, Undo>();
        return context::make_transaction<Body, Undo>(std::move(name), nullptr, std::move(body), plan(&of_undo));
    }
    template <class Body, class Undo>
    auto transact(op_name name, const retry_policy& retry, Body body, Undo)
    {
        check<std::invoke_result_t<Body&, transaction&>, Undo>();
        return context::make_transaction<Body, Undo>(std::move(name), &retry, std::move(body), plan(nullptr));
    }
    template <class Body, class Undo>
    auto transact(op_name name, const retry_policy& retry, Body body, Undo, const step_options& of_undo)
    {
        check<std::invoke_result_t<Body&, transaction&>, Undo>();
        return context::make_transaction<Body, Undo>(std::move(name), &retry, std::move(body), plan(&of_undo));
    }

    /// Runs this saga's undos, newest first, and forgets them. A cancel does not interrupt it.
    detail::compensate_operation compensate(std::source_location place = std::source_location::current())
    {
        return detail::compensate_operation(op_name::of_engine("compensate", place), number_);
    }

    /// Forgets this saga's undos: what was done stays. Steps that it takes from here on are undone again.
    void release() noexcept { run_.release_saga(number_); }

    /// From here on there is only the way forward: forgets this saga's undos, and those of its steps that are still under way, or come. What
    /// comes must be able to succeed: give it exhausted::park_run and as many attempts as it takes.
    void pivot() { run_.pass_pivot(number_); }

private:
    detail::undo_plan plan(const step_options* of_undo) const noexcept
    {
        return {.saga = number_, .at_once = at_once_ == 0 ? 1 : at_once_, .options = of_undo};
    }

    template <class Undo>
    static void check_closure()
    {
        static_assert(std::is_empty_v<Undo> && std::is_default_constructible_v<Undo>,
                      "an undo runs after the body's locals are gone: it must capture nothing");
    }
    template <class Result, class Undo>
    static void check()
    {
        check_closure<Undo>();
        if constexpr (std::is_void_v<Result>)
            static_assert(std::is_invocable_v<Undo&, attempt&, services&> || std::is_invocable_v<Undo&, transaction&>,
                          "the undo of a step without result takes (attempt&, services&), or (transaction&)");
        else
            static_assert(std::is_invocable_v<Undo&, attempt&, services&, const Result&> ||
                              std::is_invocable_v<Undo&, transaction&, const Result&>,
                          "an undo takes (attempt&, services&, const Result&), or (transaction&, const Result&)");
    }
    template <class Result, class Undo>
    static void check_unsure()
    {
        check_closure<Undo>();
        if constexpr (std::is_void_v<Result>)
            static_assert(std::is_invocable_v<Undo&, attempt&, services&, bool>,
                          "the undo of an unsure step without result takes (attempt&, services&, bool is_done)");
        else
            static_assert(std::is_invocable_v<Undo&, attempt&, services&, const Result*>,
                          "the undo of an unsure step takes (attempt&, services&, const Result*)");
    }

    detail::run_link& run_;
    std::uint32_t number_;
    std::uint32_t at_once_;
};
}
