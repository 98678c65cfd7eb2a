#pragma once

// Which generations of the id table may hold an id: a Bloom filter a generation (16,384 runs), stored row by row, so that one look at
// a row answers for 64 generations, a slab, at once. Rows that an id sets are given by its hash; a generation may hold the id when all
// of its bits are set. About 16 bits a run, and one false answer in a thousand for each generation.
//
// Bits are only ever set: an id that was deleted from the journal stays possible, which costs a look in vain. A slab whose runs are all
// gone is dropped as a whole, and its memory serves the next one, so the filter is as large as the journal is.
//
// Threads: add and visit from any, at once. An id that add() returned for before visit() began is found.

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

namespace everstep::core
{
class id_filter
{
public:
    static constexpr std::uint64_t slab_generations = 64;

    id_filter() = default;
    ~id_filter();
    id_filter(const id_filter&) = delete;
    id_filter& operator=(const id_filter&) = delete;

    void add(std::uint64_t generation, std::uint64_t hash);

    /// The journal holds no id of the slab's generations, and none will ever be added to them. Any thread. Who looks into the slab at
    /// this moment may be told that an id is possible or that it is not: both are true enough of one that is not there.
    void drop(std::uint64_t slab);

    /// Until this is called (after everything durable was added) every generation is possible.
    void set_complete() noexcept { complete_.store(true, std::memory_order_release); }
    bool is_complete() const noexcept { return complete_.load(std::memory_order_acquire); }

    /// Calls `look(generation)` for possible generations, newest first, up to and with `newest`; true from look ends it.
    template <class Look>
    void visit(std::uint64_t newest, std::uint64_t hash, Look&& look) const
    {
        const std::uint64_t first = first_slab();
        for (std::uint64_t slab = newest / slab_generations + 1; slab-- > first;)
            for (std::uint64_t bits = possible(slab, hash); bits != 0;)
            {
                const auto top = static_cast<unsigned>(63 - std::countl_zero(bits));
                bits &= ~(std::uint64_t{1} << top);
                const std::uint64_t generation = slab * slab_generations + top;
                if (generation <= newest && look(generation))
                    return;
            }
    }

    /// Those before it were dropped: visits begin here.
    std::uint64_t first_slab() const noexcept { return first_.load(std::memory_order_relaxed); }
    /// Bytes in slabs, those that wait for their next use included.
    std::size_t bytes() const;

private:
    static constexpr std::size_t shelf_slabs = 4096; ///< 4 billion runs
    static constexpr std::size_t shelves_max = 4096; ///< generations beyond are always possible
    static constexpr std::size_t rows = 1u << 18;    ///< of one slab: 16 for each of the 16,384 runs of a generation
    static constexpr unsigned looks = 6;
    using row = std::atomic<std::uint64_t>;
    using shelf = std::array<std::atomic<row*>, shelf_slabs>;

    std::uint64_t possible(std::uint64_t slab, std::uint64_t hash) const noexcept;
    std::atomic<row*>* place_of(std::uint64_t slab) const noexcept;
    row* slab_for(std::uint64_t slab);

    std::array<std::atomic<shelf*>, shelves_max> shelves_{};
    std::atomic<std::uint64_t> first_{}; ///< slabs before it were dropped
    std::atomic<bool> complete_{};

    mutable std::mutex mutex_; ///< guards what follows, and who makes or drops a slab
    std::vector<std::unique_ptr<row[]>>
        spare_; ///< of dropped slabs, for the next: who looks into one may still hold it, so none is freed
    std::set<std::uint64_t> dropped_; ///< after first_
    std::size_t slabs_{};
};
}
