#pragma once

// What somebody outside is to answer: a person who approves, a partner who calls back.
//
//     auto approval = ctx.promise<decision>("approval");
//     co_await ctx.step("ask", [&] { mail(o.owner, link_with(approval.token())); });
//     const decision said = co_await approval.get();                          // or with_timeout(72h, approval.get())
//
//     shop.complete(token, decision{true});                                   // any thread, any request, days later
//     shop.fail(token, "no_budget", "the budget is spent");                  // approval.get() throws promise_failed
//
// A promise is completed or failed once: who comes second is told false, and changes nothing.
//
// Threads: the promise, as context; complete and fail, any thread.
// Lifetime: of the promise, the run's frame; it is only a name. Two of one name in one run are the same promise.
// Crash: complete and fail return when the answer is durable, in the history of the run. It is received once for each get(), of which there
// should be one. The token is the same in replay, on every machine, for as long as the run is, and the runs that
// continue it; so a name has one answer for all of them: name it otherwise where each is to ask anew.
// Errors: promise_failed from get(). complete and fail throw engine_error: wrong_use (the token is none, or of a workflow that was not
// added), not_found, ended, limit; codec_error. An answer that cannot be read as Value parks the run (divergence).
// Whoever has the token may answer. It is hard to guess, and no signature: who must not answer should not see the run's other tokens or
// uuids either, and what comes from outside goes through your own authentication first.

#include <everstep/detail/step_operation.hpp>

#include <boost/describe.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace everstep::inline v0
{
/// Thrown by promise::get() where somebody has called engine::fail.
class promise_failed : public error
{
public:
    using error::error;
};

namespace detail
{
/// What a promise was answered, as it is journaled.
struct promise_answer
{
    std::string code;  ///< empty: completed
    std::string text;
    std::string value; ///< encoded
};
BOOST_DESCRIBE_STRUCT(promise_answer, (), (code, text, value))

/// Waits for the signal that the answer is.
template <class Value>
class [[nodiscard("an operation does nothing until it is awaited")]] promise_operation final : public operation
{
public:
    explicit promise_operation(op_name&& name) noexcept : operation(traits_of, std::move(name)) {}
    Value await_resume()
    {
        answered got = move_out<answered>(take());
        if (!got.code.empty())
            throw promise_failed(std::move(got.code), std::move(got.text));
        return std::move(got.value);
    }

private:
    struct answered
    {
        std::string code, text;
        Value value{};
    };
    static constexpr operation_traits make_traits()
    {
        operation_traits traits;
        traits.what = verb::receive;
        traits.type = &type_name<Value>;
        traits.decode = [](void* slot, std::string_view encoded) {
            auto from = everstep::decode<promise_answer>(encoded);
            auto value = from.code.empty() ? everstep::decode<Value>(from.value) : Value{};
            ::new (slot) answered{std::move(from.code), std::move(from.text), std::move(value)};
        };
        traits.destroy = [](void* slot) noexcept { std::destroy_at(static_cast<answered*>(slot)); };
        traits.slot_bytes = sizeof(answered);
        return traits;
    }
    static constexpr operation_traits traits_of = make_traits();
};
}

template <class Value>
class promise
{
    static_assert(encodable<Value>, "what a promise is answered must be encodable: see everstep/codec.hpp");

public:
    /// For the context.
    promise(std::string token, std::string signal) noexcept : token_(std::move(token)), signal_(std::move(signal)) {}
    promise(const promise&) = delete;
    promise& operator=(const promise&) = delete;

    /// For complete() and fail(): letters, digits, '-' and '_'.
    const std::string& token() const noexcept { return token_; }
    detail::promise_operation<Value> get(std::source_location place = std::source_location::current()) const
    {
        return detail::promise_operation<Value>(op_name(signal_, place));
    }

private:
    std::string token_;
    std::string signal_;
};
}
