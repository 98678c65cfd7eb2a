#pragma once

// A completion token for the bodies of fiber steps: the body waits like blocking code, its thread goes on with other bodies.
//
//     constexpr step_options waits{.place = step_place::fiber};
//     auto page = co_await ctx.step("fetch", waits, [&]
//     {
//         timer.async_wait(fiber_yield);                                // void(error_code): throws boost::system::system_error
//         return client.async_get(url, fiber_yield);                    // the value
//     });
//
// void(error_code, T…) throws boost::system::system_error, void(std::exception_ptr, T…) rethrows; T… is returned: nothing, the value,
// or a tuple. An operation that is dropped without completing throws system_error(operation_aborted).
//
// Threads: inside a fiber step's body only. The operation may complete on any thread, also before it returns. The body goes on on its
// own thread. A step that was seen blocking its fiber thread goes to the pool from then on; there the same wait blocks a pool thread.
// Lifetime: what the operation refers to must live until it completes, as with any token; the body's own variables do.
// A wait is not ended by attempt::stop(): cancel the operation from a std::stop_callback where that is needed.
// Errors: engine_error (wrong_use) outside a step's body.

#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace everstep
{
namespace core
{
class body_thread;
}

inline namespace v0
{
struct fiber_yield_t
{
};
inline constexpr fiber_yield_t fiber_yield{};

namespace detail
{
/// One wait of one body, on its stack.
class fiber_wait
{
public:
    fiber_wait();
    fiber_wait(const fiber_wait&) = delete;
    fiber_wait& operator=(const fiber_wait&) = delete;

    /// Until done(). Once, by the body.
    void wait() noexcept;
    /// Once, any thread; the object may be gone when it returns.
    void done() noexcept;

private:
    enum class stage : std::uint8_t
    {
        begun,
        waiting,
        done
    };
    core::body_thread* thread_;
    void* waiter_{};
    std::atomic<stage> stage_{stage::begun};
};

inline void throw_if_failed(const boost::system::error_code& error)
{
    if (error)
        throw boost::system::system_error(error);
}
inline void throw_if_failed(const std::exception_ptr& error)
{
    if (error)
        std::rethrow_exception(error);
}

template <class Value>
inline constexpr bool tells_failure =
    std::is_same_v<Value, boost::system::error_code> || std::is_same_v<Value, std::exception_ptr>;

template <class... Values>
auto values_of(std::tuple<Values...>&& all)
{
    if constexpr (sizeof...(Values) == 1)
        return std::get<0>(std::move(all));
    else if constexpr (sizeof...(Values) > 1)
        return std::move(all);
}

template <class First, class... Rest>
    requires tells_failure<First>
auto values_of(std::tuple<First, Rest...>&& all)
{
    throw_if_failed(std::get<0>(all));
    return std::apply([](First&, Rest&... rest) { return values_of(std::tuple<Rest...>(std::move(rest)...)); }, all);
}

/// What an operation completes with, and the body that waits for it.
template <class... Values>
struct yielded
{
    std::optional<std::tuple<Values...>> values;
    fiber_wait body;

    auto take()
    {
        body.wait();
        if (!values)
            throw boost::system::system_error(boost::asio::error::operation_aborted, "the operation was dropped");
        return values_of(std::move(*values));
    }
};

/// The handler: completes once, also by being destroyed.
template <class... Values>
class yield_handler
{
public:
    explicit yield_handler(yielded<Values...>& to) noexcept : to_(&to) {}
    yield_handler(yield_handler&& from) noexcept : to_(std::exchange(from.to_, nullptr)) {}
    yield_handler& operator=(yield_handler&&) = delete;
    ~yield_handler() { finish(); }

    template <class... Args>
    void operator()(Args&&... args)
    {
        to_->values.emplace(std::forward<Args>(args)...);
        finish();
    }

private:
    void finish() noexcept
    {
        if (to_ != nullptr)
            std::exchange(to_, nullptr)->body.done();
    }

    yielded<Values...>* to_;
};
}
}
}

template <class Return, class... Args>
class boost::asio::async_result<everstep::fiber_yield_t, Return(Args...)>
{
public:
    template <class Initiation, class... InitiationArgs>
    static auto initiate(Initiation&& initiation, everstep::fiber_yield_t, InitiationArgs&&... args)
    {
        everstep::detail::yielded<std::decay_t<Args>...> outcome;
        try
        {
            std::forward<Initiation>(initiation)(everstep::detail::yield_handler<std::decay_t<Args>...>(outcome),
                                                 std::forward<InitiationArgs>(args)...);
        }
        catch (...)
        {
            outcome.body.wait(); // the handler may have been kept: it must not outlive what it points to
            throw;
        }
        return outcome.take();
    }
};
