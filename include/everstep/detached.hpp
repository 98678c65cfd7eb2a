#pragma once

// A step whose body owns all that it touches, so that nobody need wait for it: an activity.
//
//     inline page fetch(attempt& a, const std::string& url) { return a.use<browser>().get(url); }   // a function, or a lambda without captures
//
//     constexpr step_options hurried{.retry = {.attempts = 3}, .timeout = 5s};
//     page first = co_await ctx.detached("fetch", hurried, fetch, o.url);
//
// A step is waited for even where its time is over, for its body works on the workflow's own variables. An activity is given copies of its
// arguments (what decode(encode(value)) gives, as in replay) and reaches everything else through attempt::use. So a time-out, a cancel or a lost
// race leaves it behind: its stop is requested, the run goes on at once, and what it still returns or throws is dropped, and logged.
//
// What was left behind goes on, perhaps beside the next attempt of the same step: let it look at its stop, and give its token to whom it
// calls. The arguments are recorded and compared as those of everstep/args.hpp.
//
// Threads: a thread of the pool, whatever place says.
// Lifetime: the activity and its arguments live until it returns. close() asks it to stop and waits for it as for any body; after its deadline it
// is among the names. What it uses is the application's services, which outlive the engine.
// Crash: as a step: one that has left no result runs again.
// Errors: as a step. A time-out that left a body behind says so in its text.

#include <everstep/args.hpp>
#include <everstep/detail/step_operation.hpp>

#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace everstep::inline v0::detail
{
/// Shared by the attempts of one step, of which more than one may be about: it is never changed.
template <class Activity, class... Arguments>
class activity_call final : public detached_body
{
public:
    using kept = std::tuple<Arguments...>;
    static constexpr bool sees_attempt = std::is_invocable_v<const Activity&, attempt&, const Arguments&...>;

    template <class Does>
    static decltype(auto) call(const Activity& does, attempt& a, const Does& with)
    {
        return std::apply(
            [&](const Arguments&... each) -> decltype(auto)
            {
                if constexpr (sees_attempt)
                    return does(a, each...);
                else
                    return does(each...);
            },
            with);
    }
    using result = std::remove_cvref_t<decltype(call(std::declval<const Activity&>(), std::declval<attempt&>(), std::declval<const kept&>()))>;

    activity_call(Activity does, std::string_view encoded) : does_(std::move(does)), with_(decode<kept>(encoded)) {}

    void run(attempt& a, std::string& encoded) const override
    {
        if constexpr (std::is_void_v<result>)
        {
            call(does_, a, with_);
            encoded = "null";
        }
        else
            encode(call(does_, a, with_), encoded);
    }

private:
    Activity does_;
    kept with_;
};

template <class Call>
class detached_operation final : public any_step
{
public:
    using result = typename Call::result;
    static_assert(std::is_void_v<result> || encodable<result>, "an activity's result must be encodable: see everstep/codec.hpp");
    static_assert(!awaited_body<result>::is, "an activity returns its result itself: an awaitable belongs into a step");

    detached_operation(op_name&& name, const step_options* options, std::shared_ptr<const Call> call, arguments&& given)
        : any_step(traits_of, std::move(name), options, {}, &given, std::move(call))
    {
    }

    result await_resume()
    {
        void* slot = take();
        if constexpr (!std::is_void_v<result>)
            return move_out<result>(slot);
    }

private:
    static constexpr operation_traits make_traits()
    {
        operation_traits traits;
        traits.what = verb::step;
        describe_result<result>(traits);
        traits.shows_attempt = true;
        return traits;
    }
    static constexpr operation_traits traits_of = make_traits();
};

template <class Activity, class... Arguments>
auto make_detached(op_name&& name, const step_options* options, Activity does, const Arguments&... each)
{
    static_assert(std::is_empty_v<Activity> || (std::is_pointer_v<Activity> && std::is_function_v<std::remove_pointer_t<Activity>>),
                  "an activity may outlive the run's variables: it is a function, or captures nothing; what it needs are its arguments");
    static_assert((encodable<kept_argument<Arguments>> && ...), "an activity's argument must be encodable: see everstep/codec.hpp");
    static_assert(std::is_invocable_v<const Activity&, attempt&, const kept_argument<Arguments>&...> ||
                      std::is_invocable_v<const Activity&, const kept_argument<Arguments>&...>,
                  "an activity takes its arguments by value or const reference, perhaps behind an attempt&");
    using call = activity_call<Activity, kept_argument<Arguments>...>;
    arguments given = args(each...);
    auto made = std::make_shared<const call>(std::move(does), given.encoded());
    return detached_operation<call>(std::move(name), options, std::move(made), std::move(given));
}
}
