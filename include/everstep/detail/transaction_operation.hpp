#pragma once

#include <everstep/detail/step_operation.hpp>
#include <everstep/transaction.hpp>

#include <type_traits>
#include <utility>

namespace everstep::inline v0::detail
{
/// `Undo` as in step_operation.
template <class Body, class Undo = void>
class [[nodiscard("an operation does nothing until it is awaited")]] transaction_operation final : public any_step
{
    static_assert(std::is_invocable_v<Body&, transaction&>, "a transaction's body takes a transaction&");

public:
    using result = std::invoke_result_t<Body&, transaction&>;
    static_assert(!std::is_reference_v<result>, "a transaction's body returns a value, not a reference");
    static_assert(std::is_void_v<result> || encodable<result>, "a transaction's result must be encodable: see everstep/codec.hpp");

    transaction_operation(op_name&& name, const step_options* options, Body&& body, const undo_plan& undo = {})
        : any_step(traits_of, std::move(name), options, undo), body_(std::move(body))
    {
    }

    result await_resume()
    {
        void* slot = take();
        if constexpr (!std::is_void_v<result>)
            return move_out<result>(slot);
    }

private:
    static void transact(operation& self, transaction& tx, std::string& encoded)
    {
        Body& body = static_cast<transaction_operation&>(self).body_;
        if constexpr (std::is_void_v<result>)
        {
            body(tx);
            encoded = "null";
        }
        else
            encode(body(tx), encoded);
    }

    static constexpr operation_traits make_traits()
    {
        operation_traits traits;
        traits.what = verb::transaction;
        describe_result<result>(traits);
        traits.transact = &transact;
        describe_undo<Undo, result>(traits);
        return traits;
    }
    static constexpr operation_traits traits_of = make_traits();

    [[no_unique_address]] Body body_;
};
}
