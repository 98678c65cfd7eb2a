#pragma once

#include <everstep/detail/step_operation.hpp>

#include <utility>

namespace everstep::inline v0::detail
{
/// Waits for the signal of its name.
template <class Value>
class [[nodiscard("an operation does nothing until it is awaited")]] receive_operation final : public operation
{
public:
    static_assert(encodable<Value>, "a signal must be encodable: see everstep/codec.hpp");

    explicit receive_operation(op_name&& name) noexcept : operation(traits_of, std::move(name)) {}
    Value await_resume() { return move_out<Value>(take()); }

private:
    static constexpr operation_traits make_traits()
    {
        operation_traits traits;
        traits.what = verb::receive;
        describe_result<Value>(traits);
        return traits;
    }
    static constexpr operation_traits traits_of = make_traits();
};
}
