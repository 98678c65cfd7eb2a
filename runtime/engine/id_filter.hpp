#pragma once

// Which generations of the id table may hold an id: a Bloom filter a generation (16,384 runs), stored row by row, so that one look at
// a row answers for 64 generations at once. Rows that an id sets are given by its hash; a generation may hold the id when all of its
// bits are set. About 16 bits a run, and one false answer in a thousand for each generation.
//
// Threads: add and visit from any, at once: bits are only ever set. An id that add() returned for before visit() began is found.

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace everstep::core
{
class id_filter
{
public:
    id_filter() = default;
    ~id_filter();
    id_filter(const id_filter&) = delete;
    id_filter& operator=(const id_filter&) = delete;

    void add(std::uint64_t generation, std::uint64_t hash);

    /// Until this is called (after everything durable was added) every generation is possible.
    void set_complete() noexcept { complete_.store(true, std::memory_order_release); }
    bool is_complete() const noexcept { return complete_.load(std::memory_order_acquire); }

    /// Calls `look(generation)` for possible generations, newest first, up to and with `newest`; true from look ends it.
    template <class Look>
    void visit(std::uint64_t newest, std::uint64_t hash, Look&& look) const
    {
        for (std::uint64_t slab = newest / slab_generations + 1; slab-- > 0;)
            for (std::uint64_t bits = possible(slab, hash); bits != 0;)
            {
                const auto top = static_cast<unsigned>(63 - std::countl_zero(bits));
                bits &= ~(std::uint64_t{1} << top);
                const std::uint64_t generation = slab * slab_generations + top;
                if (generation <= newest && look(generation))
                    return;
            }
    }

private:
    static constexpr std::uint64_t slab_generations = 64;
    static constexpr std::size_t slabs_max = 4096;   ///< 4 billion runs; generations beyond are always possible
    static constexpr std::size_t rows = 1u << 18;    ///< of one slab: 16 for each of the 16,384 runs of a generation
    static constexpr unsigned looks = 6;
    using row = std::atomic<std::uint64_t>;

    std::uint64_t possible(std::uint64_t slab, std::uint64_t hash) const noexcept;
    row* slab_for(std::uint64_t slab);

    std::array<std::atomic<row*>, slabs_max> slabs_{};
    std::atomic<bool> complete_{};
};
}
