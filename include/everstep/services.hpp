#pragma once

// What the application gave to the engine: one object a type, found by type.
//
//     shop.provide(bank).provide(carrier);           // before open(); the objects outlive the engine
//     auto& bank = ctx.use<payments>();              // in a workflow
//
// Threads: filled before open(), then read-only: get() from any thread. The objects themselves are used from step bodies on
// several threads at once and must stand that.
// Errors: get() of a type that was not provided throws engine_error (wrong_use) that names the type.

#include <everstep/error.hpp>

#include <typeindex>
#include <typeinfo>
#include <unordered_map>

namespace everstep::inline v0
{
class services
{
public:
    template <class Service>
    Service& get() const
    {
        return *static_cast<Service*>(find(typeid(Service)));
    }

    template <class Service>
    void add(Service& service)
    {
        insert(typeid(Service), &service);
    }

private:
    void* find(const std::type_info& type) const;
    void insert(const std::type_info& type, void* service);

    std::unordered_map<std::type_index, void*> by_type_;
};
}
