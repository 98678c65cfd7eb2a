#pragma once

// engine::transact and engine::read: bodies of any type as the runtime takes them.

#include <everstep/detail/engine_link.hpp>
#include <everstep/transaction.hpp>

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

namespace everstep::inline v0::detail
{
/// What a call keeps of a body that returns nothing.
struct no_value
{
};

template <class Body, class Argument>
using kept_result = std::conditional_t<std::is_void_v<std::invoke_result_t<Body&, Argument>>, no_value, std::invoke_result_t<Body&, Argument>>;

template <class Body, class Argument>
kept_result<Body, Argument> call_and_keep(Body& body, Argument argument)
{
    if constexpr (std::is_void_v<std::invoke_result_t<Body&, Argument>>)
    {
        body(argument);
        return {};
    }
    else
        return body(argument);
}

/// Where a blocking transact() waits: the body and its result stay in its caller's frame.
template <class Body>
class waited_transaction
{
public:
    using value = kept_result<Body, transaction&>;

    explicit waited_transaction(Body& body, sake whose = sake::caller) : body_(body), whose_(whose) {}

    value run(const std::weak_ptr<engine_core>& core, admission when_full)
    {
        detail::transact(core, std::make_unique<call>(*this), when_full);
        std::unique_lock lock(mutex_);
        told_.wait(lock, [this] { return ended_; });
        if (failure_)
            std::rethrow_exception(failure_);
        return std::move(*result_);
    }

private:
    class call final : public outside_transaction
    {
    public:
        explicit call(waited_transaction& of) : of_(of) {}
        sake whose() const noexcept override { return of_.whose_; }
        void run(transaction& tx) override { of_.result_.emplace(call_and_keep<Body, transaction&>(of_.body_, tx)); }
        void ended(std::exception_ptr failure) noexcept override
        {
            // Told under the lock: the waiting side may be gone as soon as it is released.
            const std::lock_guard lock(of_.mutex_);
            of_.failure_ = std::move(failure);
            of_.ended_ = true;
            of_.told_.notify_one();
        }

    private:
        waited_transaction& of_;
    };

    Body& body_;
    const sake whose_;
    std::optional<value> result_;
    std::exception_ptr failure_;
    std::mutex mutex_;
    std::condition_variable told_;
    bool ended_{};
};

template <class Body>
std::invoke_result_t<Body&, transaction&> transact_and_wait(const std::weak_ptr<engine_core>& core, Body& body, admission when_full)
{
    require_may_block(core);
    waited_transaction<Body> call(body);
    if constexpr (std::is_void_v<std::invoke_result_t<Body&, transaction&>>)
        call.run(core, when_full);
    else
        return call.run(core, when_full);
}

template <class Body>
std::invoke_result_t<Body&, const table_reader&> read_and_return(const std::weak_ptr<engine_core>& core, Body& body)
{
    std::optional<kept_result<Body, const table_reader&>> result;
    read_tables(core, [&](row_source& rows) {
        const table_reader reader(rows);
        result.emplace(call_and_keep<Body, const table_reader&>(body, reader));
    });
    if constexpr (!std::is_void_v<std::invoke_result_t<Body&, const table_reader&>>)
        return std::move(*result);
}

/// A tag that carries async_begin_transaction (everstep/async.hpp) through argument-dependent lookup.
template <class Body>
struct transaction_body
{
    Body body;
};
}
