#pragma once

// Workflow code that computes or blocks holds up all runs of its shard: this names it. A shard writes down when it is in workflow code, and
// which operation that asked for last; a thread looks twice, a period apart, while shards are at work, and sleeps while they are not.
//
// Threads: code_watch: begin, end and asks on the shard's own, look on the watcher's. code_watcher: any.

#include "journal/header.hpp"

#include <everstep/op_name.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace everstep::core
{
/// One a shard.
class code_watch
{
public:
    void begin(const journal::run_header& run) noexcept
    {
        turns_.store(turns_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        file_.store(nullptr, std::memory_order_relaxed);
        run_.store(&run);
    }
    void end() noexcept
    {
        // Who looks announces itself before it reads run_, and both are in one order (seq_cst): either it finds nothing, or we find it and wait
        // until it has looked.
        run_.store(nullptr);
        if (looking_.load() != 0)
            const std::scoped_lock wait(mutex_);
    }
    void asks(const op_name& what) noexcept;

    struct seen
    {
        bool is_at_work{};    ///< since the last look
        bool is_blocked{};    ///< it has not come out of the code since then; said once
        std::string workflow, run;
        std::string operation; ///< "'charge' (orders.cpp:88)"; empty: it has asked for none
    };
    seen look();

private:
    std::atomic<const journal::run_header*> run_{};
    std::atomic<std::uint64_t> turns_{};
    std::atomic<const char*> file_{}; ///< of the operation that was asked for last; literals of the program
    std::atomic<std::uint32_t> line_{};
    std::array<std::atomic<std::uint64_t>, 6> name_{}; ///< its first letters
    std::atomic<unsigned> looking_{};
    std::mutex mutex_;
    std::uint64_t turns_seen_{}, turns_named_{}; ///< the watcher's
};

class code_watcher
{
public:
    using tell = std::function<void(const code_watch::seen&)>;

    /// `shards` outlive it. Says `blocked` of code that is found at two looks, `period` apart.
    code_watcher(std::vector<code_watch*> shards, std::chrono::milliseconds period, tell blocked);
    ~code_watcher();

    /// A shard goes to work.
    void ensure_watching() noexcept;

private:
    void work();
    bool look();

    const std::vector<code_watch*> shards_;
    const std::chrono::milliseconds period_;
    const tell blocked_;
    std::atomic<bool> watching_{};
    std::mutex mutex_;
    std::condition_variable wakes_;
    bool stopped_{};
    std::thread thread_;
};
}
