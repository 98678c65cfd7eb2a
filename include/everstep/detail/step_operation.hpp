#pragma once

#include <everstep/args.hpp>
#include <everstep/attempt.hpp>
#include <everstep/codec.hpp>
#include <everstep/detail/compiler.hpp>
#include <everstep/detail/operation.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace everstep::inline v0::detail
{
/// Specialised in async.hpp for asio::awaitable: what a body that returns one results in, and how it is started.
template <class Returned>
struct awaited_body
{
    static constexpr bool is = false;
    using result = Returned;
};

template <class Body>
inline constexpr bool takes_attempt = std::is_invocable_v<Body&, attempt&>;

template <class Body, bool = takes_attempt<Body>>
struct body_returned
{
    using type = std::invoke_result_t<Body&, attempt&>;
};
template <class Body>
struct body_returned<Body, false>
{
    static_assert(std::is_invocable_v<Body&>, "a step's body takes nothing, or an attempt&");
    using type = std::invoke_result_t<Body&>;
};

template <class Body>
using body_result = typename awaited_body<std::remove_cvref_t<typename body_returned<Body>::type>>::result;

template <class Body>
decltype(auto) call_body(Body& body, attempt& a)
{
    if constexpr (takes_attempt<Body>)
        return body(a);
    else
        return body();
}

/// decode, destroy and slot size of a result type; nothing of it for void.
template <class Result>
constexpr void describe_result(operation_traits& traits)
{
    traits.type = &type_name<Result>;
    if constexpr (!std::is_void_v<Result>)
    {
        static_assert(alignof(Result) <= alignof(std::max_align_t), "an over-aligned result cannot be delivered");
        traits.decode = [](void* slot, std::string_view encoded) { decode_into<Result>(slot, encoded); };
        traits.destroy = [](void* slot) noexcept { std::destroy_at(static_cast<Result*>(slot)); };
        traits.slot_bytes = sizeof(Result);
    }
}

template <class Result>
Result move_out(void* slot)
{
    struct guard
    {
        Result* object;
        ~guard() { std::destroy_at(object); }
    } taken{std::launder(static_cast<Result*>(slot))};
    return std::move(*taken.object);
}

/// The undo of a step whose effect must be looked up: see saga::step_unsure.
template <class Undo>
struct unsure
{
};

/// (attempt&, services&, const Result*), or (attempt&, services&, bool is_done) where there is no result.
template <class Undo, class Result>
constexpr void describe_unsure(operation_traits& traits)
{
    traits.is_unsure = true;
    if constexpr (std::is_void_v<Result>)
        traits.undo = [](attempt& a, services& given, std::string_view encoded) { Undo{}(a, given, !encoded.empty()); };
    else
        traits.undo = [](attempt& a, services& given, std::string_view encoded) {
            if (encoded.empty())
                return static_cast<void>(Undo{}(a, given, static_cast<const Result*>(nullptr)));
            const Result known = decode<Result>(encoded);
            Undo{}(a, given, &known);
        };
}

template <class Undo>
inline constexpr bool is_unsure = false;
template <class Undo>
inline constexpr bool is_unsure<unsure<Undo>> = true;

/// An undo takes (transaction&[, const Result&]) or (attempt&, services&[, const Result&]); nothing where it is void.
template <class Undo, class Result>
constexpr void describe_undo(operation_traits& traits)
{
    if constexpr (std::is_void_v<Undo>)
        return;
    else if constexpr (is_unsure<Undo>)
        []<class Looks>(operation_traits& to, unsure<Looks>) { describe_unsure<Looks, Result>(to); }(traits, Undo{});
    else if constexpr (std::is_void_v<Result>)
    {
        if constexpr (std::is_invocable_v<Undo&, transaction&>)
            traits.undo_transact = [](transaction& tx, std::string_view) { Undo{}(tx); };
        else
            traits.undo = [](attempt& a, services& given, std::string_view) { Undo{}(a, given); };
    }
    else if constexpr (std::is_invocable_v<Undo&, transaction&, const Result&>)
        traits.undo_transact = [](transaction& tx, std::string_view encoded) { Undo{}(tx, decode<Result>(encoded)); };
    else
        traits.undo = [](attempt& a, services& given, std::string_view encoded) { Undo{}(a, given, decode<Result>(encoded)); };
}

/// What becomes of a step's undo, where it has one.
struct undo_plan
{
    std::uint32_t saga{};            ///< that it belongs to; 0: none
    std::uint32_t at_once{1};        ///< so many undos of the saga
    const step_options* options{};   ///< of the undo; null: the defaults
};

/// A body that owns all that it touches: everstep/detached.hpp.
class detached_body
{
public:
    virtual ~detached_body() = default;
    virtual void run(attempt& a, std::string& encoded) const = 0;
};

/// What a step was given beyond the usual.
struct step_extras
{
    std::optional<step_options> own;
    std::optional<step_options> undo;
    std::optional<arguments> args;
    std::shared_ptr<const detached_body> detached;
};

/// The part of a step or transaction that the engine reads.
class any_step : public operation
{
public:
    /// Null: the defaults, which then cost a step nothing.
    const step_options* options() const noexcept { return extras_ && extras_->own ? &*extras_->own : nullptr; }
    /// Of its undo; null: the defaults.
    const step_options* undo_options() const noexcept { return extras_ && extras_->undo ? &*extras_->undo : nullptr; }
    /// Null: none were given.
    const arguments* args() const noexcept { return extras_ && extras_->args ? &*extras_->args : nullptr; }
    /// Null: the body works on the frame.
    std::shared_ptr<const detached_body> detached() const noexcept { return extras_ ? extras_->detached : nullptr; }
    /// The saga that the undo belongs to, where there is one.
    std::uint32_t saga() const noexcept { return saga_; }
    std::uint32_t undos_at_once() const noexcept { return undos_at_once_; }

protected:
    /// `args` is moved from.
    any_step(const operation_traits& traits, op_name&& name, const step_options* options, const undo_plan& undo, arguments* args = nullptr,
             std::shared_ptr<const detached_body> detached = nullptr)
        : operation(traits, std::move(name)),
          extras_(options || undo.options || args ? make_extras(options, undo.options, args, std::move(detached)) : nullptr), saga_(undo.saga),
          undos_at_once_(undo.at_once)
    {
    }
    ~any_step() = default;

private:
    static std::unique_ptr<const step_extras> make_extras(const step_options* own, const step_options* undo, arguments* args,
                                                          std::shared_ptr<const detached_body> detached)
    {
        auto made = std::make_unique<step_extras>();
        made->detached = std::move(detached);
        if (own)
            made->own = *own;
        if (undo)
            made->undo = *undo;
        if (args)
            made->args = std::move(*args);
        return made;
    }

    std::unique_ptr<const step_extras> extras_;
    std::uint32_t saga_;
    std::uint32_t undos_at_once_;
};

/// `Undo` is void for a plain step; else an empty callable, or unsure<…> of one, see describe_undo.
template <class Body, class Undo = void>
class [[nodiscard("an operation does nothing until it is awaited")]] step_operation final : public any_step
{
public:
    using result = body_result<Body>;
    static_assert(std::is_void_v<result> || encodable<result>, "a step's result must be encodable: see everstep/codec.hpp");
    static_assert(!std::is_reference_v<typename body_returned<Body>::type>, "a step's body returns a value, not a reference");

    step_operation(op_name&& name, const step_options* options, Body&& body, const undo_plan& undo = {}, arguments* args = nullptr)
        : any_step(traits_of, std::move(name), options, undo, args), body_(std::move(body))
    {
    }

    result await_resume()
    {
        void* slot = take();
        if constexpr (!std::is_void_v<result>)
            return move_out<result>(slot);
    }

private:
    using returned = std::remove_cvref_t<typename body_returned<Body>::type>;

    static void run(operation& self, attempt& a, std::string& encoded)
    {
        Body& body = static_cast<step_operation&>(self).body_;
        if constexpr (std::is_void_v<result>)
        {
            call_body(body, a);
            encoded = "null";
        }
        else
            encode(call_body(body, a), encoded);
    }

    static void spawn(operation& self, attempt& a, void* executor, body_sink& sink)
    {
        awaited_body<returned>::spawn(static_cast<step_operation&>(self).body_, a, executor, sink);
    }

    static constexpr operation_traits make_traits()
    {
        operation_traits traits;
        traits.what = verb::step;
        describe_result<result>(traits);
        if constexpr (awaited_body<returned>::is)
            traits.spawn = &spawn;
        else
            traits.run = &run;
        describe_undo<Undo, result>(traits);
        traits.shows_attempt = takes_attempt<Body> || awaited_body<returned>::is;
        return traits;
    }
    static constexpr operation_traits traits_of = make_traits();

    [[no_unique_address]] Body body_;
};
}
