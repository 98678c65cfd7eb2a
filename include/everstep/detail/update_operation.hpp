#pragma once

#include <everstep/codec.hpp>
#include <everstep/detail/operation.hpp>
#include <everstep/detail/step_operation.hpp>
#include <everstep/promise.hpp>

#include <boost/describe.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace everstep::inline v0
{
template <class Request, class Answer>
class update;

namespace detail
{
/// An update's request, as the signal that it is.
struct update_request
{
    std::string id;
    std::string value; ///< encoded
};
BOOST_DESCRIBE_STRUCT(update_request, (), (id, value))

/// The part of an answer that the engine reads.
class any_answer : public operation
{
public:
    std::string_view id() const noexcept { return id_; }
    std::string_view encoded() const noexcept { return encoded_; }

protected:
    any_answer(const operation_traits& traits, op_name&& name, std::string&& id, std::string&& encoded)
        : operation(traits, std::move(name)), id_(std::move(id)), encoded_(std::move(encoded))
    {
    }
    ~any_answer() = default;

private:
    std::string id_, encoded_;
};

template <class Answer>
class [[nodiscard("an operation does nothing until it is awaited")]] answer_operation final : public any_answer
{
public:
    answer_operation(op_name&& name, std::string&& id, std::string&& encoded)
        : any_answer(traits_of, std::move(name), std::move(id), std::move(encoded))
    {
    }
    void await_resume() { take(); }

private:
    static constexpr operation_traits traits_of{.what = verb::answer, .type = &type_name<Answer>};
};

template <class Request, class Answer>
class [[nodiscard("an operation does nothing until it is awaited")]] receive_update_operation final : public operation
{
public:
    static_assert(encodable<Request> && encodable<Answer>, "an update's request and answer must be encodable: see everstep/codec.hpp");

    explicit receive_update_operation(op_name&& name) noexcept : operation(traits_of, std::move(name)) {}
    update<Request, Answer> await_resume() { return move_out<update<Request, Answer>>(take()); }

private:
    static constexpr operation_traits make_traits()
    {
        operation_traits traits;
        traits.what = verb::receive;
        traits.type = &type_name<Request>;
        traits.decode = [](void* slot, std::string_view encoded) {
            auto from = everstep::decode<update_request>(encoded);
            ::new (slot) update<Request, Answer>(std::move(from.id), everstep::decode<Request>(from.value));
        };
        traits.destroy = [](void* slot) noexcept { std::destroy_at(static_cast<update<Request, Answer>*>(slot)); };
        traits.slot_bytes = sizeof(update<Request, Answer>);
        return traits;
    }
    static constexpr operation_traits traits_of = make_traits();
};
}
}
