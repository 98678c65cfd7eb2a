#pragma once

#include <everstep/codec.hpp>
#include <everstep/detail/operation.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace everstep::inline v0::detail
{
/// Throws engine_error (limit).
void check_run_id(std::string_view id);

/// The part of a signal to another run that the engine reads; its name is the signal's.
class any_signal : public operation
{
public:
    std::string_view workflow() const noexcept { return workflow_; }
    std::string_view id() const noexcept { return id_; }
    std::string_view encoded() const noexcept { return encoded_; }
    /// "checkout/o-17"
    std::string_view target() const noexcept { return target_; }

protected:
    any_signal(const operation_traits& traits, op_name&& name, std::string&& workflow, std::string&& id, std::string&& encoded)
        : operation(traits, std::move(name)), workflow_(std::move(workflow)), id_(std::move(id)), encoded_(std::move(encoded)),
          target_(workflow_ + "/" + id_)
    {
    }
    ~any_signal() = default;

private:
    std::string workflow_, id_, encoded_, target_;
};

template <class Value>
class [[nodiscard("an operation does nothing until it is awaited")]] signal_operation final : public any_signal
{
public:
    signal_operation(op_name&& name, std::string&& workflow, std::string&& id, std::string&& encoded)
        : any_signal(traits_of, std::move(name), std::move(workflow), std::move(id), std::move(encoded))
    {
    }
    void await_resume() { take(); }

private:
    static constexpr operation_traits traits_of{.what = verb::signal, .type = &type_name<Value>, .renew = &renewed<Value>};
};
}
