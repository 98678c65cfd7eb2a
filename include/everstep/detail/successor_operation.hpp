#pragma once

#include <everstep/codec.hpp>
#include <everstep/detail/operation.hpp>

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace everstep::inline v0::detail
{
/// The run goes on as another one, with this input.
class any_successor : public operation
{
public:
    std::string_view encoded() const noexcept { return encoded_; }

protected:
    any_successor(const operation_traits& traits, op_name&& name, std::string&& encoded)
        : operation(traits, std::move(name)), encoded_(std::move(encoded))
    {
    }
    ~any_successor() = default;

private:
    std::string encoded_;
};

template <class Input>
class [[nodiscard("an operation does nothing until it is awaited")]] continue_operation final : public any_successor
{
public:
    continue_operation(op_name&& name, std::string&& encoded) : any_successor(traits_of, std::move(name), std::move(encoded)) {}
    [[noreturn]] void await_resume()
    {
        take();
        std::terminate(); // where it is not refused, the frame ends here
    }

private:
    static constexpr operation_traits traits_of{.what = verb::successor, .type = &type_name<Input>};
};
}
