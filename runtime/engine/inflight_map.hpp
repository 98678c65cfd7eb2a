#pragma once

// inflight.map: which bodies run now, in a file beside the journal that is shared memory and never synced. A process that dies leaves
// it as it was, so what is found there at open was in flight at the death; a step that is found again and again kills its process.
//
// Nothing depends on it but the crash-loop guard: a damaged, foreign or missing file is an empty one.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace everstep::core
{
class inflight_map
{
public:
    static constexpr std::uint32_t slots_usual = 16'384;

    /// A step that was in flight when a process died, and has had no result since.
    struct suspect
    {
        std::uint64_t run{};
        std::uint64_t step{};
        std::uint32_t deaths{};
        friend bool operator==(const suspect&, const suspect&) = default;
    };

    /// Watches nothing: for journals in memory.
    inflight_map() = default;
    /// Counts what `path` holds, and begins it anew. Never throws for what the file system does: see trouble().
    explicit inflight_map(const std::string& path, std::uint32_t slots = slots_usual);
    ~inflight_map();
    inflight_map(const inflight_map&) = delete;
    inflight_map& operator=(const inflight_map&) = delete;

    /// What was found at open; deaths are counted over all opens. Ordered by run and step.
    const std::vector<suspect>& found() const noexcept { return found_; }
    /// Why nothing is watched; empty where all is well.
    const std::string& trouble() const noexcept { return trouble_; }

    /// The body begins. Any thread; `hint` is the caller's own, one a thread. Returns 0 where it runs unwatched.
    std::uint32_t acquire(std::uint64_t run, std::uint64_t step, std::uint32_t& hint) noexcept;
    /// The body has returned. Any thread.
    void release(std::uint32_t number, std::uint32_t& hint) noexcept;
    /// A hint for one more thread.
    std::uint32_t next_hint() noexcept { return hints_.fetch_add(hint_stride, std::memory_order_relaxed); }

    /// The step has a result: it kills nobody. Any thread; costs nothing while there are no suspects.
    void clear(std::uint64_t run, std::uint64_t step) noexcept;
    /// The run is to be tried again, by a person's wish, or has ended.
    void clear_run(std::uint64_t run) noexcept;

private:
    struct slot;
    struct record;
    struct step_key
    {
        std::uint64_t run{};
        std::uint64_t step{};
        friend bool operator==(const step_key&, const step_key&) = default;
    };
    struct key_hash
    {
        std::size_t operator()(const step_key& key) const noexcept
        {
            return std::hash<std::uint64_t>{}(key.run * 0x9E3779B97F4A7C15U ^ key.step);
        }
    };
    /// Apart by a cache line and more, so that threads do not share lines.
    static constexpr std::uint32_t hint_stride = 64;

    void read(const std::string& path);
    bool write(const std::string& path);
    bool map(const std::string& path);
    std::size_t file_bytes() const noexcept;
    record* records() const noexcept;
    slot* slots() const noexcept;
    void complain(const char* doing, int error);

    void* mapped_{};
    std::uint32_t count_{};
    std::atomic<std::uint32_t> hints_{};
    std::vector<suspect> found_;
    std::string trouble_;

    std::atomic<std::size_t> suspects_{};
    std::mutex mutex_;
    std::unordered_map<step_key, std::uint32_t, key_hash> suspect_at_; ///< its record in the file
};
}
