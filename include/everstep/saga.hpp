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
// The step_options are the step's alone. Its undo runs on the pool without a timeout, and is tried again with the delays of a
// default retry_policy (or as its retry_after says) until it succeeds: there is no limit of attempts or time.
//
// Threads: as context.
// Lifetime: the undo runs after the body's locals are gone: it owns and captures nothing, and gets an attempt of its own, the
// services and the recorded result. The saga object itself is only a name for its undos.
// Crash: an undo is registered when the step's result is recorded, even if the await then throws, so replay registers the same.
// Errors: an undo that throws permanent_error parks the run (retries_exhausted); everything before it stays recorded.

#include <everstep/context.hpp>

#include <type_traits>
#include <utility>

namespace everstep::inline v0
{
class saga
{
public:
    explicit saga(context& ctx) noexcept : run_(ctx.run_), number_(ctx.run_.open_saga()) {}
    saga(const saga&) = delete;
    saga& operator=(const saga&) = delete;

    template <class Body, class Undo>
    auto step(op_name name, Body body, Undo)
    {
        check<detail::body_result<Body>, Undo>();
        return context::make_step<Body, Undo>(std::move(name), nullptr, std::move(body), number_);
    }
    template <class Body, class Undo>
    auto step(op_name name, const step_options& options, Body body, Undo)
    {
        check<detail::body_result<Body>, Undo>();
        return context::make_step<Body, Undo>(std::move(name), &options, std::move(body), number_);
    }

    /// As context::transact.
    template <class Body, class Undo>
    auto transact(op_name name, Body body, Undo)
    {
        check<std::invoke_result_t<Body&, transaction&>, Undo>();
        return context::make_transaction<Body, Undo>(std::move(name), nullptr, std::move(body), number_);
    }
    template <class Body, class Undo>
    auto transact(op_name name, const retry_policy& retry, Body body, Undo)
    {
        check<std::invoke_result_t<Body&, transaction&>, Undo>();
        return context::make_transaction<Body, Undo>(std::move(name), &retry, std::move(body), number_);
    }

    /// Runs this saga's undos, newest first, and forgets them. A cancel does not interrupt it.
    detail::compensate_operation compensate(std::source_location place = std::source_location::current())
    {
        return detail::compensate_operation(op_name::of_engine("compensate", place), number_);
    }

    /// Forgets this saga's undos: what was done stays.
    void release() noexcept { run_.release_saga(number_); }

private:
    template <class Result, class Undo>
    static void check()
    {
        static_assert(std::is_empty_v<Undo> && std::is_default_constructible_v<Undo>,
                      "an undo runs after the body's locals are gone: it must capture nothing");
        if constexpr (std::is_void_v<Result>)
            static_assert(std::is_invocable_v<Undo&, attempt&, services&> || std::is_invocable_v<Undo&, transaction&>,
                          "the undo of a step without result takes (attempt&, services&), or (transaction&)");
        else
            static_assert(std::is_invocable_v<Undo&, attempt&, services&, const Result&> ||
                              std::is_invocable_v<Undo&, transaction&, const Result&>,
                          "an undo takes (attempt&, services&, const Result&), or (transaction&, const Result&)");
    }

    detail::run_link& run_;
    std::uint32_t number_;
};
}
