#include "engine/id_filter.hpp"

#include <new>

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
    for (auto& slab : slabs_)
        delete[] slab.load(std::memory_order_relaxed);
}

id_filter::row* id_filter::slab_for(std::uint64_t slab)
{
    row* there = slabs_[slab].load(std::memory_order_acquire);
    if (there)
        return there;
    auto fresh = std::make_unique<row[]>(rows);
    if (slabs_[slab].compare_exchange_strong(there, fresh.get(), std::memory_order_acq_rel))
        return fresh.release();
    return there; // another shard was first
}

void id_filter::add(std::uint64_t generation, std::uint64_t hash)
{
    const std::uint64_t slab = generation / slab_generations;
    if (slab >= slabs_max)
        return;
    row* at = slab_for(slab);
    const std::uint64_t bit = std::uint64_t{1} << (generation % slab_generations);
    for (unsigned look = 0; look < looks; ++look)
        at[row_of(hash, look, rows)].fetch_or(bit, std::memory_order_relaxed);
}

std::uint64_t id_filter::possible(std::uint64_t slab, std::uint64_t hash) const noexcept
{
    if (slab >= slabs_max || !is_complete())
        return ~std::uint64_t{0};
    const row* at = slabs_[slab].load(std::memory_order_acquire);
    if (!at)
        return 0;
    std::uint64_t bits = ~std::uint64_t{0};
    for (unsigned look = 0; look < looks && bits != 0; ++look)
        bits &= at[row_of(hash, look, rows)].load(std::memory_order_relaxed);
    return bits;
}
}
