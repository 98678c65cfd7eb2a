#pragma once

// Work of one run side by side.
//
//     auto [paid, stock] = co_await all(ctx.step("charge", …), reserve(ctx, o));            // both, or the first error
//     auto prices = co_await all(o.items, 8, [&](const item& i) { return ctx.step("price", …); });
//     auto first = co_await any(ctx.step("dhl", …), ctx.step("ups", …));                    // first.index, first.value
//     auto quote = co_await with_timeout(2s, ctx.step("quote", …));                         // or timed_out
//
// A branch is an operation or a sub-coroutine, built in the call itself. Branches of one run never run at the same time: their code
// takes turns on the run's shard, so that it needs no locks; what goes on at the same time is their steps' bodies. What branches
// share must not be written by any of them while others read it: the order of turns is that of the history, and replay repeats it.
//
// all:          waits for all. The first error stops the others and is thrown when they have ended.
// any:          the first that ends without an error wins and stops the others; where none does, the first error is thrown.
// race:         the first that ends, with an error too.
// with_timeout: the work, or timed_out ("timed_out") when the time comes first.
//
// Who is stopped gets `cancelled` at its waits, as a cancelled run does. A step whose body runs is asked to stop (attempt::stop) and waited
// for: its result is recorded all the same, and its undo, where it has one, is registered. So nothing goes on behind the await.
//
// Threads, lifetime: as context. Arguments live as long as the await; a range given as lvalue must, too.
// Crash: paths of branches are numbered by their place (5.0.0, 5.1.0, …), so each finds its own history.
// Errors: branches inside branches are 7 deep at most: deeper parks the run (limits).

#include <everstep/detail/group_operation.hpp>
#include <everstep/detail/receive_operation.hpp>
#include <everstep/detail/wait_operation.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <iterator>
#include <optional>
#include <ranges>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace everstep::inline v0
{
/// What all() gives: an aggregate, for structured bindings.
template <class... Values>
struct results;
template <class A>
struct results<A>
{
    A first;
};
template <class A, class B>
struct results<A, B>
{
    A first;
    B second;
};
template <class A, class B, class C>
struct results<A, B, C>
{
    A first;
    B second;
    C third;
};
template <class A, class B, class C, class D>
struct results<A, B, C, D>
{
    A first;
    B second;
    C third;
    D fourth;
};
template <class A, class B, class C, class D, class E>
struct results<A, B, C, D, E>
{
    A first;
    B second;
    C third;
    D fourth;
    E fifth;
};
template <class A, class B, class C, class D, class E, class F>
struct results<A, B, C, D, E, F>
{
    A first;
    B second;
    C third;
    D fourth;
    E fifth;
    F sixth;
};

/// What any() and race() give.
template <class... Values>
struct winner
{
    std::size_t index{};
    std::variant<Values...> value;
};
/// The same of a range.
template <class Value>
struct winner_of
{
    std::size_t index{};
    Value value;
};

namespace detail
{
inline constexpr std::size_t branches_max = 6; ///< of one call; a range has no limit

/// Refers to its arguments: to be awaited in the expression that builds them.
template <class Work>
inline constexpr bool is_bound = requires { typename std::remove_cvref_t<Work>::bound_to_arguments; };

/// Branches that are named one by one.
template <class... Work>
class fixed_group : public any_group
{
public:
    using bound_to_arguments = void;

    std::size_t count() const noexcept final { return sizeof...(Work); }
    std::coroutine_handle<> open(std::size_t index, branch& at) final
    {
        std::coroutine_handle<> frame;
        at_index(index, [&](auto& slot) { frame = slot.begin(at); });
        return frame;
    }

protected:
    fixed_group(op_name&& name, Work&... work) noexcept : any_group(std::move(name)), slots_(work_slot<Work>(work)...) {}
    ~fixed_group() = default;

    template <class Do>
    void at_index(std::size_t index, Do&& what)
    {
        [&]<std::size_t... At>(std::index_sequence<At...>) {
            (void)((At == index ? (what(std::get<At>(slots_)), true) : false) || ...);
        }(std::index_sequence_for<Work...>());
    }
    bool end(std::size_t index)
    {
        bool has_value = false;
        at_index(index, [&](auto& slot) {
            has_value = slot.end();
            if (!has_value && !error_)
                error_ = slot.error();
        });
        return has_value;
    }

    std::tuple<work_slot<Work>...> slots_;
    std::exception_ptr error_; ///< the first
};

template <class... Work>
class all_operation final : public fixed_group<Work...>
{
public:
    all_operation(op_name&& name, Work&... work) noexcept : fixed_group<Work...>(std::move(name), work...) {}

    group_order ended(std::size_t index) override { return this->end(index) ? group_order::go_on : group_order::stop_others; }
    results<branch_result<work_result<Work>>...> await_resume()
    {
        this->take();
        if (this->error_)
            std::rethrow_exception(std::exchange(this->error_, nullptr));
        return std::apply([](auto&... slot) { return results<branch_result<work_result<Work>>...>{std::move(slot.value())...}; }, this->slots_);
    }
};

/// any and race.
template <class... Work>
class first_operation final : public fixed_group<Work...>
{
public:
    using winner_type = winner<branch_result<work_result<Work>>...>;

    first_operation(op_name&& name, bool takes_errors, Work&... work) noexcept
        : fixed_group<Work...>(std::move(name), work...), takes_errors_(takes_errors)
    {
    }

    group_order ended(std::size_t index) override
    {
        const bool has_value = this->end(index);
        if (is_over_ || !(has_value || takes_errors_))
            return group_order::go_on;
        is_over_ = true;
        if (has_value)
            winner_ = index;
        return group_order::stop_others;
    }
    winner_type await_resume()
    {
        this->take();
        if (!winner_)
            std::rethrow_exception(std::exchange(this->error_, nullptr));
        return take_value(std::index_sequence_for<Work...>());
    }

private:
    template <std::size_t... At>
    winner_type take_value(std::index_sequence<At...>)
    {
        std::optional<winner_type> won;
        (void)((At == *winner_ ? (won.emplace(winner_type{At, std::variant<branch_result<work_result<Work>>...>(
                                                                 std::in_place_index<At>, std::move(std::get<At>(this->slots_).value()))}),
                                  true)
                               : false) ||
               ...);
        return std::move(*won);
    }

    const bool takes_errors_;
    bool is_over_{};
    std::optional<std::size_t> winner_;
};

/// One branch an element, each made when its turn comes.
template <class Range, class Make>
class range_group : public any_group
{
public:
    using item = std::ranges::range_reference_t<Range>;
    using work = std::remove_cvref_t<std::invoke_result_t<Make&, item>>;
    static_assert(branch_work<work>, "the function gives an operation of the context, or a sub-coroutine");
    static_assert(!is_bound<work>, "what this function gives refers to what it has built, and that is gone: make it a sub-coroutine, "
                                   "[&](auto& item) -> workflow<T> { co_return co_await with_timeout(…); }");
    using result = work_result<work>;

    std::size_t count() const noexcept final { return slots_.size(); }
    std::size_t at_once() const noexcept final { return std::min(at_once_, count()); }
    std::coroutine_handle<> open(std::size_t index, branch& at) final
    {
        return slots_[index].open(run_made(*this), at);
    }

protected:
    range_group(op_name&& name, Range&& items, std::size_t at_once, Make&& make)
        : any_group(std::move(name)), items_(std::forward<Range>(items)), make_(std::move(make)),
          at_once_(at_once == 0 ? static_cast<std::size_t>(-1) : at_once),
          slots_(static_cast<std::size_t>(std::ranges::distance(items_)))
    {
    }
    ~range_group() = default;

    std::vector<branch_slot<result>>& slots() noexcept { return slots_; }

private:
    /// Branches begin in the order of the elements. What an iterator or `make` throws is the branch's error.
    static workflow<result> run_made(range_group& of)
    {
        if (!of.next_)
            of.next_ = std::ranges::begin(of.items_);
        auto&& one = *(*of.next_)++;
        co_return co_await of.make_(std::forward<decltype(one)>(one));
    }

    Range items_; ///< a reference, where it was an lvalue
    Make make_;
    std::size_t at_once_;
    std::vector<branch_slot<result>> slots_;
    std::optional<std::ranges::iterator_t<Range>> next_;
};

template <class Range, class Make>
class all_of_operation final : public range_group<Range, Make>
{
public:
    using base = range_group<Range, Make>;
    using result = typename base::result;

    all_of_operation(op_name&& name, Range&& items, std::size_t at_once, Make&& make)
        : base(std::move(name), std::forward<Range>(items), at_once, std::move(make))
    {
    }

    group_order ended(std::size_t index) override
    {
        branch_slot<result>& slot = this->slots()[index];
        if (slot.end())
            return group_order::go_on;
        if (!error_)
            error_ = slot.error();
        return group_order::stop_others;
    }
    auto await_resume()
    {
        this->take();
        if (error_)
            std::rethrow_exception(std::exchange(error_, nullptr));
        if constexpr (!std::is_void_v<result>)
        {
            std::vector<result> values;
            values.reserve(this->slots().size());
            for (branch_slot<result>& slot : this->slots())
                values.push_back(std::move(slot.value()));
            return values;
        }
    }

private:
    std::exception_ptr error_; ///< the first
};

template <class Range, class Make>
class first_of_operation final : public range_group<Range, Make>
{
public:
    using base = range_group<Range, Make>;
    using result = typename base::result;

    first_of_operation(op_name&& name, bool takes_errors, Range&& items, std::size_t at_once, Make&& make)
        : base(std::move(name), std::forward<Range>(items), at_once, std::move(make)), takes_errors_(takes_errors)
    {
    }

    group_order ended(std::size_t index) override
    {
        branch_slot<result>& slot = this->slots()[index];
        const bool has_value = slot.end();
        if (!has_value && !error_)
            error_ = slot.error();
        if (is_over_ || !(has_value || takes_errors_))
            return group_order::go_on;
        is_over_ = true;
        if (has_value)
            winner_ = index;
        return group_order::stop_others;
    }
    winner_of<branch_result<result>> await_resume()
    {
        this->take();
        if (winner_)
            return {*winner_, std::move(this->slots()[*winner_].value())};
        if (!error_)
            throw engine_error(errc::wrong_use, "any() and race() of nothing have no winner: look whether the range is empty before");
        std::rethrow_exception(std::exchange(error_, nullptr));
    }

private:
    const bool takes_errors_;
    bool is_over_{};
    std::optional<std::size_t> winner_;
    std::exception_ptr error_; ///< the first
};

[[noreturn]] void throw_timed_out(const op_name& name, std::int64_t us);

/// Work against a timer. `Gives` is what the await gives: the result, or an optional of it.
template <class Work, bool is_optional>
class timeout_group : public any_group
{
public:
    std::size_t count() const noexcept final { return 2; }
    std::coroutine_handle<> open(std::size_t index, branch& at) final
    {
        return index == 0 ? work_.begin(at) : timer_slot_.open(run_operation(timer_), at);
    }
    group_order ended(std::size_t index) final
    {
        const bool has_value = index == 0 ? work_.end() : timer_slot_.end();
        if (is_over_)
            return group_order::go_on;
        is_over_ = true;
        is_late_ = index == 1 && has_value;
        return group_order::stop_others;
    }
    auto await_resume()
    {
        using result = work_result<Work>;
        this->take();
        if (!is_late_ && work_.error())
            std::rethrow_exception(work_.error());
        if constexpr (is_optional)
            return is_late_ ? std::optional<result>() : std::optional<result>(std::move(work_.value()));
        else
        {
            if (is_late_)
                throw_timed_out(this->name(), timer_.us());
            if constexpr (!std::is_void_v<result>)
                return result(std::move(work_.value()));
        }
    }

protected:
    timeout_group(op_name&& name, std::chrono::microseconds duration, std::source_location place, Work& work) noexcept
        : any_group(std::move(name)), work_(work),
          timer_(op_name::of_engine("sleep_for", place), duration.count(), timer_operation::relative)
    {
    }
    ~timeout_group() = default;

private:
    work_slot<Work> work_;
    timer_operation timer_;
    branch_slot<void> timer_slot_;
    bool is_over_{};
    bool is_late_{};
};

template <class Work>
class timeout_operation final : public timeout_group<Work, false>
{
public:
    using bound_to_arguments = void;

    timeout_operation(op_name&& name, std::chrono::microseconds duration, std::source_location place, Work& work) noexcept
        : timeout_group<Work, false>(std::move(name), duration, place, work)
    {
    }
};

/// First, so that it is there before the group that points to it.
template <class Value>
struct held_receive
{
    receive_operation<Value> wait;
};
template <class Value>
class receive_for_operation final : private held_receive<Value>, public timeout_group<receive_operation<Value>, true>
{
public:
    receive_for_operation(op_name&& name, std::chrono::microseconds duration, std::source_location place)
        : held_receive<Value>{receive_operation<Value>(std::move(name))},
          timeout_group<receive_operation<Value>, true>(op_name::of_engine("receive_for", place), duration, place, this->wait)
    {
    }
};
}

template <detail::branch_work... Work>
    requires(sizeof...(Work) > 0)
[[nodiscard]] auto all(Work&&... work)
{
    static_assert(sizeof...(Work) <= detail::branches_max, "all() takes 6 branches at most: put some into a sub-coroutine, or use a range");
    static_assert((!std::is_lvalue_reference_v<Work> && ...), "build each branch in the call: all(ctx.step(…), other(ctx))");
    return detail::all_operation<Work...>(op_name::of_engine("all", std::source_location::current()), work...);
}
/// One branch an element, `at_once` of them at a time at most (0: all), in order: `make(element)`, whose argument is there as long as the branch.
/// (Take it by reference where a body refers to it: a copy is gone when `make` has returned.) The results in the order of the elements; nothing where they
/// are void.
template <std::ranges::forward_range Range, class Make>
[[nodiscard]] auto all(Range&& items, std::size_t at_once, Make make, std::source_location place = std::source_location::current())
{
    return detail::all_of_operation<Range, Make>(op_name::of_engine("all", place), std::forward<Range>(items), at_once, std::move(make));
}

template <detail::branch_work... Work>
    requires(sizeof...(Work) > 0)
[[nodiscard]] auto any(Work&&... work)
{
    static_assert((!std::is_lvalue_reference_v<Work> && ...), "build each branch in the call: any(ctx.step(…), other(ctx))");
    return detail::first_operation<Work...>(op_name::of_engine("any", std::source_location::current()), false, work...);
}
template <std::ranges::forward_range Range, class Make>
[[nodiscard]] auto any(Range&& items, std::size_t at_once, Make make, std::source_location place = std::source_location::current())
{
    return detail::first_of_operation<Range, Make>(op_name::of_engine("any", place), false, std::forward<Range>(items), at_once, std::move(make));
}

template <detail::branch_work... Work>
    requires(sizeof...(Work) > 0)
[[nodiscard]] auto race(Work&&... work)
{
    static_assert((!std::is_lvalue_reference_v<Work> && ...), "build each branch in the call: race(ctx.step(…), other(ctx))");
    return detail::first_operation<Work...>(op_name::of_engine("race", std::source_location::current()), true, work...);
}
template <std::ranges::forward_range Range, class Make>
[[nodiscard]] auto race(Range&& items, std::size_t at_once, Make make, std::source_location place = std::source_location::current())
{
    return detail::first_of_operation<Range, Make>(op_name::of_engine("race", place), true, std::forward<Range>(items), at_once, std::move(make));
}

/// By engine time, from when it is awaited.
template <detail::branch_work Work>
[[nodiscard]] auto with_timeout(std::chrono::microseconds duration, Work&& work, std::source_location place = std::source_location::current())
{
    static_assert(!std::is_lvalue_reference_v<Work>, "build the work in the call: with_timeout(2s, ctx.step(…))");
    return detail::timeout_operation<Work>(op_name::of_engine("with_timeout", place), duration, place, work);
}
}
