#include "engine/id_filter.hpp"

#include <algorithm>
#include <span>

namespace everstep::core
{
namespace
{
/// Rows of a hash: two halves of it, stepped (Kirsch and Mitzenmacher, "Less Hashing, Same Performance", 2008).
constexpr std::size_t row_of(std::uint64_t hash, unsigned look, std::size_t rows) noexcept
{
    const std::uint64_t step = (hash >> 32) | 1;
    return static_cast<std::size_t>((hash + look * step) & (rows - 1));
}
}

id_filter::~id_filter()
{
    for (auto& of : shelves_)
    {
        const std::unique_ptr<shelf> owned(of.load(std::memory_order_relaxed));
        if (owned)
            for (auto& slab : *owned)
                delete[] slab.load(std::memory_order_relaxed);
    }
}

/// Null: no slab near it was ever made.
std::atomic<id_filter::row*>* id_filter::place_of(std::uint64_t slab) const noexcept
{
    shelf* there = shelves_[slab / shelf_slabs].load(std::memory_order_acquire);
    return there ? &(*there)[slab % shelf_slabs] : nullptr;
}

id_filter::row* id_filter::slab_for(std::uint64_t slab)
{
    if (const auto* place = place_of(slab))
        if (row* there = place->load(std::memory_order_acquire))
            return there;
    const std::scoped_lock lock(mutex_);
    if (!place_of(slab))
        shelves_[slab / shelf_slabs].store(std::make_unique<shelf>().release(), std::memory_order_release);
    auto& place = *place_of(slab);
    if (row* there = place.load(std::memory_order_acquire))
        return there; // another thread was first
    std::unique_ptr<row[]> fresh;
    if (spare_.empty())
        fresh = std::make_unique<row[]>(rows);
    else
    {
        fresh = std::move(spare_.back());
        spare_.pop_back();
    }
    ++slabs_;
    place.store(fresh.get(), std::memory_order_release);
    return fresh.release();
}

void id_filter::add(std::uint64_t generation, std::uint64_t hash)
{
    const std::uint64_t slab = generation / slab_generations;
    if (slab >= shelves_max * shelf_slabs)
        return;
    row* at = slab_for(slab);
    const std::uint64_t bit = std::uint64_t{1} << (generation % slab_generations);
    for (unsigned look = 0; look < looks; ++look)
        at[row_of(hash, look, rows)].fetch_or(bit, std::memory_order_relaxed);
}

void id_filter::drop(std::uint64_t slab)
{
    const std::scoped_lock lock(mutex_);
    if (slab >= shelves_max * shelf_slabs || slab < first_.load(std::memory_order_relaxed))
        return;
    if (auto* place = place_of(slab))
        if (row* gone = place->exchange(nullptr, std::memory_order_acq_rel))
        {
            for (row& one : std::span(gone, rows))
                one.store(0, std::memory_order_relaxed);
            --slabs_;
            spare_.emplace_back(gone);
        }
    dropped_.insert(slab);
    while (dropped_.erase(first_.load(std::memory_order_relaxed)) != 0)
        first_.fetch_add(1, std::memory_order_relaxed);
}

std::uint64_t id_filter::possible(std::uint64_t slab, std::uint64_t hash) const noexcept
{
    if (slab >= shelves_max * shelf_slabs || !is_complete())
        return ~std::uint64_t{0};
    const auto* place = place_of(slab);
    const row* at = place ? place->load(std::memory_order_acquire) : nullptr;
    if (!at)
        return 0;
    std::uint64_t bits = ~std::uint64_t{0};
    for (unsigned look = 0; look < looks && bits != 0; ++look)
        bits &= at[row_of(hash, look, rows)].load(std::memory_order_relaxed);
    return bits;
}

std::size_t id_filter::bytes() const
{
    const std::scoped_lock lock(mutex_);
    return (slabs_ + spare_.size()) * rows * sizeof(row);
}
}
