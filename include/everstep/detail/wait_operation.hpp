#pragma once

#include <everstep/codec.hpp>
#include <everstep/detail/operation.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace everstep::inline v0::detail
{
class [[nodiscard("an operation does nothing until it is awaited")]] timer_operation final : public operation
{
public:
    enum reference : std::uint8_t
    {
        relative, ///< microseconds from now, engine time
        absolute  ///< microseconds since the epoch, wall time
    };
    timer_operation(op_name&& name, std::int64_t us, reference from) noexcept
        : operation(traits_of, std::move(name)), us_(us), from_(from)
    {
    }
    void await_resume() { take(); }

    std::int64_t us() const noexcept { return us_; }
    reference from() const noexcept { return from_; }

private:
    static constexpr operation_traits traits_of{.what = verb::timer, .type = &type_name<void>};
    std::int64_t us_;
    reference from_;
};

class [[nodiscard("an operation does nothing until it is awaited")]] forever_operation final : public operation
{
public:
    explicit forever_operation(op_name&& name) noexcept : operation(traits_of, std::move(name)) {}
    [[noreturn]] void await_resume()
    {
        take();
        std::terminate(); // a delivery to this operation is always `cancelled`
    }

private:
    static constexpr operation_traits traits_of{.what = verb::forever, .type = &type_name<void>};
};

/// The part of a reply that the engine reads.
class any_reply : public operation
{
public:
    std::string_view encoded() const noexcept { return encoded_; }

protected:
    any_reply(const operation_traits& traits, op_name&& name, std::string encoded) noexcept
        : operation(traits, std::move(name)), encoded_(std::move(encoded))
    {
    }
    ~any_reply() = default;

private:
    std::string encoded_;
};

template <class Value>
class [[nodiscard("an operation does nothing until it is awaited")]] reply_operation final : public any_reply
{
public:
    reply_operation(op_name&& name, std::string encoded) noexcept : any_reply(traits_of, std::move(name), std::move(encoded)) {}
    void await_resume() { take(); }

private:
    static constexpr operation_traits traits_of{.what = verb::reply, .type = &type_name<Value>};
};

/// Runs the undos of one saga, newest first; engine work, no entry of its own.
class [[nodiscard("an operation does nothing until it is awaited")]] compensate_operation final : public operation
{
public:
    compensate_operation(op_name&& name, std::uint32_t saga) noexcept : operation(traits_of, std::move(name)), saga_(saga) {}
    void await_resume() { take(); }
    std::uint32_t saga() const noexcept { return saga_; }

private:
    static constexpr operation_traits traits_of{.what = verb::compensate, .type = &type_name<void>};
    std::uint32_t saga_;
};
}
