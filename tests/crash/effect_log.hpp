#pragma once

// What a victim of the kill loop did to the world outside, and what its callers were told: fixed slots in a shared map, so that it
// survives SIGKILL as the page cache does. The order of the slots is the order in which things happened, over all processes.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <fcntl.h>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace everstep::test
{
enum class deed : std::uint32_t
{
    none,
    body_began, ///< of a step or an undo
    body_ended, ///< value = what it returned
    body_threw,
    told_started, ///< from here on: acknowledged to a caller
    told_reply,
    told_result,
    told_failed, ///< value = hash of the code
    told_cancelled
};

inline std::int64_t microseconds_of(clockid_t clock)
{
    timespec now{};
    ::clock_gettime(clock, &now);
    return now.tv_sec * 1'000'000 + now.tv_nsec / 1'000;
}

struct effect
{
    deed what{};
    std::uint32_t epoch{}; ///< of the process: 1 for the first
    std::uint32_t run{};
    std::uint16_t position{}; ///< in the run's script
    std::uint16_t attempt{};
    std::int64_t boot_us{}; ///< by a clock that no one sets
    std::int64_t wall_us{};
    std::uint64_t value{};
};

class effect_log
{
public:
    static constexpr std::uint32_t slots_max = 1 << 20;

    explicit effect_log(const std::string& path)
    {
        const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        void* at = MAP_FAILED;
        if (file >= 0 && ::ftruncate(file, sizeof(layout)) == 0)
            at = ::mmap(nullptr, sizeof(layout), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (file >= 0)
            ::close(file);
        if (at == MAP_FAILED)
            throw std::runtime_error("cannot map " + path);
        all_ = static_cast<layout*>(at);
    }
    ~effect_log() { ::munmap(all_, sizeof(layout)); }
    effect_log(const effect_log&) = delete;
    effect_log& operator=(const effect_log&) = delete;

    void begin_epoch() { epoch_ = all_->epochs.fetch_add(1) + 1; }
    std::uint32_t new_run() { return all_->runs.fetch_add(1); }
    /// Numbers below it were given out; whether they were ever started is another matter.
    std::uint32_t runs() const { return all_->runs.load(); }
    bool is_nearly_full() const { return all_->used.load() > slots_max / 4 * 3; }

    void write(deed what, std::uint32_t run, std::uint32_t position = 0, std::uint32_t attempt = 0, std::uint64_t value = 0)
    {
        const std::uint32_t at = all_->used.fetch_add(1);
        if (at >= slots_max)
            return;
        slot& to = all_->slots[at];
        to.is = {what, epoch_, run, static_cast<std::uint16_t>(position), static_cast<std::uint16_t>(attempt), microseconds_of(CLOCK_BOOTTIME),
                 microseconds_of(CLOCK_REALTIME), value};
        to.whole.store(1, std::memory_order_release); // a slot that a kill cut off stays blank
    }
    /// A number that no other call has got: what a body returns, so that two executions can be told apart.
    std::uint64_t unique() { return all_->numbers.fetch_add(1) + 1; }

    std::vector<effect> effects() const
    {
        std::vector<effect> all;
        const std::uint32_t used = all_->used.load();
        for (std::uint32_t at = 0; at < used && at < slots_max; ++at)
            if (all_->slots[at].whole.load(std::memory_order_acquire) != 0)
                all.push_back(all_->slots[at].is);
        return all;
    }

private:
    struct slot
    {
        effect is;
        std::atomic<std::uint32_t> whole;
    };
    struct layout
    {
        std::atomic<std::uint32_t> epochs;
        std::atomic<std::uint32_t> runs;
        std::atomic<std::uint32_t> used;
        std::atomic<std::uint64_t> numbers;
        slot slots[slots_max];
    };
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<std::uint32_t>::is_always_lock_free);

    layout* all_;
    std::uint32_t epoch_{};
};
}
