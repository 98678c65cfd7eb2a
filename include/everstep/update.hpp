#pragma once

// Requests that a run itself answers: validated, in its order with everything else, and answered once.
//
//     auto asked = co_await ctx.receive_update<item, int>("add");                       // in the run: request, and the type of the answer
//     if (asked->quantity <= 0)
//         co_await asked.refuse("bad_quantity", "a quantity is above 0");
//     else
//         co_await asked.answer(total += asked->quantity);
//
//     const int total = shop.run(cart, "c-9").update<int>("add", item{…}, {.id = request.id});   // outside: waits for the answer
//
// Threads: in the run, as context; run::update, any thread.
// Lifetime: an update is a value of the run's code.
// Crash: the request is in the history when it comes, as a signal is, and so is the answer, with what the run did before it in one commit. Who
// was cut off asks again with the same id: the request is not taken twice, and the answer is the first one, also when the run has ended or has
// continued as new since.
// Errors: outside, update_refused as the run said; run_failed where the run is parked or terminated; engine_error: not_found, ended (the run has ended without
// an answer), limit; codec_error where the answer is no Answer. In the run: a second answer to one request is without effect.

#include <everstep/detail/update_operation.hpp>

#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

namespace everstep::inline v0
{
/// Thrown by run::update where the run has said no.
class update_refused : public error
{
public:
    using error::error;
};

template <class Request, class Answer>
class update
{
public:
    update() = default;
    /// For the context.
    update(std::string id, Request what) : id_(std::move(id)), what_(std::move(what)) {}

    const std::string& id() const noexcept { return id_; }
    const Request& operator*() const noexcept { return what_; }
    const Request* operator->() const noexcept { return &what_; }

    detail::answer_operation<Answer> answer(const std::type_identity_t<Answer>& value,
                                            std::source_location place = std::source_location::current()) const
    {
        return {op_name::of_engine("answer", place), std::string(id_), encode(detail::promise_answer{{}, {}, encode(value)})};
    }
    /// This compiler destroys a braced argument twice inside a co_await expression: name the value first.
    template <class Value>
        requires(detail::temporaries_destroyed_twice && !std::is_lvalue_reference_v<Value> && std::is_aggregate_v<Value> &&
                 !std::is_trivially_destructible_v<Value>)
    detail::answer_operation<Answer> answer(Value&& value) const = delete;
    detail::answer_operation<Answer> refuse(const std::string& code, const std::string& text,
                                            std::source_location place = std::source_location::current()) const
    {
        return {op_name::of_engine("answer", place), std::string(id_), encode(detail::promise_answer{code.empty() ? "refused" : code, text, {}})};
    }

private:
    std::string id_;
    Request what_{};
};
}
