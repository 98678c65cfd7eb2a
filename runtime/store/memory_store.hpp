#pragma once

// The store in memory: the same promises as on disk, for tests and simulation. "Durable" is what clone() hands out: a test
// crashes by dropping the engine and opening it again on a clone.

#include "store/store.hpp"

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace everstep::store
{
class memory_store final : public store
{
public:
    /// What a test does to one commit.
    enum class fate : std::uint8_t
    {
        durable,
        full,            ///< refused, nothing written
        unknown_absent,  ///< unknown, and it was lost
        unknown_present  ///< unknown, and it was written
    };
    /// Called for every commit that has something to write, with its number: 1, 2, …; a retry has a number of its own.
    using fate_of = std::function<fate(std::uint64_t commit_number)>;

    struct options
    {
        std::uint64_t capacity_bytes = ~std::uint64_t{0}; ///< a commit that would need more is `full`
        fate_of decide;                                   ///< empty: every commit is durable
        std::function<bool()> can_read{};                 ///< false: a read throws `unreadable`; empty: all can be read
    };

    memory_store();
    explicit memory_store(options chosen);
    ~memory_store() override;

    void read(const std::function<void(const snapshot&)>& visit) const override;
    space usage() const override;
    std::uint32_t check_readers() override { return 0; }

    /// A new store with what is durable in this one: what a crash now would leave. Any thread.
    std::unique_ptr<memory_store> clone() const { return clone(options{}); }
    std::unique_ptr<memory_store> clone(options chosen) const;

    /// How many commits had something to write so far, whatever became of them. Any thread.
    std::uint64_t commits() const;

private:
    struct version;
    class view;

    std::shared_ptr<version> pin() const;
    void unpin(const std::shared_ptr<version>& seen) const;
    commit_result do_commit(std::span<const batch* const> parts, const late_parts& late) override;
    commit_result apply(std::span<const batch* const> parts, std::span<const batch* const> more, fate decided);

    const options options_;
    mutable std::mutex mutex_;          // guards all below, never held while a reader looks
    std::shared_ptr<version> current_;
    mutable std::multimap<std::uint64_t, const version*> pinned_; // by number of the commit that it shows
    std::uint64_t commits_{};
    std::uint64_t durable_commits_{};
    bool failed_{};
    std::atomic_flag committing_;
};
}
