#pragma once

#include <everstep/codec.hpp>
#include <everstep/detail/event_draft.hpp>
#include <everstep/detail/operation.hpp>

#include <string>
#include <utility>

namespace everstep::inline v0::detail
{
/// The part of a publish that the engine reads; its name is the topic's.
class any_publish : public operation
{
public:
    const event_draft& draft() const noexcept { return draft_; }

protected:
    any_publish(const operation_traits& traits, op_name&& name, event_draft&& draft) noexcept
        : operation(traits, std::move(name)), draft_(std::move(draft))
    {
    }
    ~any_publish() = default;

private:
    event_draft draft_;
};

template <class Value>
class [[nodiscard("an operation does nothing until it is awaited")]] publish_operation final : public any_publish
{
public:
    publish_operation(op_name&& name, event_draft&& draft) noexcept : any_publish(traits_of, std::move(name), std::move(draft)) {}
    void await_resume() { take(); }

private:
    static constexpr operation_traits traits_of{.what = verb::publish, .type = &type_name<Value>, .renew = &renewed<Value>};
};
}
