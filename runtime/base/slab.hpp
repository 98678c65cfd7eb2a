#pragma once

#include "base/sanitizer.hpp"

#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace everstep::base
{
/// Room for many objects of one type that come and go: blocks of them, and a list of the free places. To malloc, objects of over a
/// kilobyte are large, and each sends it through all that was freed before.
///
/// Threads: one. Lifetime: objects end before their slab; its memory stays until then, as much as was once needed.
template <class T>
class slab
{
public:
    struct give_back
    {
        slab* home{};
        void operator()(T* object) const noexcept
        {
            if constexpr (address_sanitized)
                return delete object;
            std::destroy_at(object);
            home->free_.push_back(reinterpret_cast<place*>(object)); // never grows: see add_block()
        }
    };
    using pointer = std::unique_ptr<T, give_back>;

    slab() = default;
    slab(const slab&) = delete;
    slab& operator=(const slab&) = delete;

    template <class... Args>
    pointer make(Args&&... args)
    {
        if constexpr (address_sanitized)
            return pointer(new T(std::forward<Args>(args)...), give_back{this});
        if (free_.empty())
            add_block();
        T* const object = ::new (static_cast<void*>(free_.back()->bytes)) T(std::forward<Args>(args)...);
        free_.pop_back();
        return pointer(object, give_back{this});
    }

private:
    struct place
    {
        alignas(T) std::byte bytes[sizeof(T)];
    };
    static constexpr std::size_t block_places = 64;

    void add_block()
    {
        blocks_.push_back(std::make_unique_for_overwrite<place[]>(block_places));
        free_.reserve(blocks_.size() * block_places);
        for (std::size_t n = block_places; n-- > 0;)
            free_.push_back(&blocks_.back()[n]);
    }

    std::vector<std::unique_ptr<place[]>> blocks_;
    std::vector<place*> free_;
};
}
