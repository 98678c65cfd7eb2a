#pragma once

#include <everstep/codec.hpp>
#include <everstep/detail/operation.hpp>
#include <everstep/detail/step_operation.hpp>
#include <everstep/promise.hpp>

#include <boost/describe.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace everstep::inline v0
{
template <class Result>
class child;

enum class close_policy : std::uint8_t
{
    wait,
    cancel,
    leave
};
/// "wait", "cancel", "leave": as journaled.
std::string_view name_of(close_policy policy) noexcept;

struct child_options
{
    close_policy on_close{close_policy::wait};
};

/// Thrown by child::result() and context::call().
class child_failed : public error
{
public:
    using error::error;
};

namespace detail
{
/// What a cancel is called where it is sent as a signal.
inline constexpr const char* cancel_signal = "everstep.cancel";

struct cancel_order
{
    std::string reason;
    std::string signal; ///< that the child's end is
};
BOOST_DESCRIBE_STRUCT(cancel_order, (), (reason, signal))

/// The part of a child's start that the engine reads; its name is the workflow's.
class any_child : public operation
{
public:
    std::string_view id() const noexcept { return id_; }
    std::string_view encoded() const noexcept { return encoded_; }
    close_policy on_close() const noexcept { return on_close_; }
    /// By the engine, when it is started: the signal that its end will be.
    void set_signal(std::string signal) noexcept { signal_ = std::move(signal); }

protected:
    any_child(const operation_traits& traits, op_name&& workflow, std::string&& id, std::string&& encoded, close_policy on_close)
        : operation(traits, std::move(workflow)), id_(std::move(id)), encoded_(std::move(encoded)), on_close_(on_close)
    {
    }
    ~any_child() = default;
    std::string& signal() noexcept { return signal_; }

private:
    std::string id_, encoded_, signal_;
    close_policy on_close_;
};

template <class Result, class Input>
class [[nodiscard("an operation does nothing until it is awaited")]] start_child_operation final : public any_child
{
public:
    start_child_operation(op_name&& workflow, std::string&& id, std::string&& encoded, close_policy on_close)
        : any_child(traits_of, std::move(workflow), std::move(id), std::move(encoded), on_close)
    {
    }
    child<Result> await_resume()
    {
        take();
        return child<Result>({std::string(name().text()), std::string(id()), std::move(signal())});
    }

private:
    static constexpr operation_traits traits_of{.what = verb::child, .type = &type_name<Result>, .renew = &renewed<Input>};
};

/// Waits for the signal that a child's end is.
template <class Result>
class [[nodiscard("an operation does nothing until it is awaited")]] child_operation final : public operation
{
public:
    explicit child_operation(op_name&& signal) noexcept : operation(traits_of, std::move(signal)) {}
    Result await_resume()
    {
        ended got = move_out<ended>(take());
        if (!got.code.empty())
            throw child_failed(std::move(got.code), std::move(got.text));
        if constexpr (!std::is_void_v<Result>)
            return std::move(got.value);
    }

private:
    struct nothing_more
    {
    };
    struct ended
    {
        std::string code, text;
        std::conditional_t<std::is_void_v<Result>, nothing_more, Result> value{};
    };
    static constexpr operation_traits make_traits()
    {
        operation_traits traits;
        traits.what = verb::receive;
        traits.type = &type_name<Result>;
        traits.decode = [](void* slot, std::string_view encoded) {
            auto from = everstep::decode<promise_answer>(encoded);
            ended got{std::move(from.code), std::move(from.text), {}};
            if constexpr (!std::is_void_v<Result>)
                if (got.code.empty())
                    got.value = everstep::decode<Result>(from.value);
            ::new (slot) ended(std::move(got));
        };
        traits.destroy = [](void* slot) noexcept { std::destroy_at(static_cast<ended*>(slot)); };
        traits.slot_bytes = sizeof(ended);
        return traits;
    }
    static constexpr operation_traits traits_of = make_traits();
};
}
}
