#pragma once

// The io thread: runs bodies that return asio::awaitable, completes async_ calls that name no executor, and carries the timers of
// system_time. One thread, so that what runs on it needs no locks.

#include "engine/body_job.hpp"
#include "engine/inflight_map.hpp"
#include "engine/running_body.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <unordered_map>
#include <vector>

namespace everstep::core
{
class io_place final : private job_home
{
public:
    /// `on_thread` is called first on the io thread.
    explicit io_place(inflight_map& inflight, std::function<void()> on_thread = {});
    ~io_place();
    io_place(const io_place&) = delete;
    io_place& operator=(const io_place&) = delete;

    boost::asio::io_context& context() noexcept { return context_; }
    const boost::asio::any_io_executor& executor() const noexcept { return executor_; }
    bool on_thread() const noexcept { return std::this_thread::get_id() == thread_.get_id(); }

    /// Any thread. Jobs whose traits have spawn.
    void submit(std::span<body_job* const> jobs);

    /// No further body begins: jobs that wait, and those that still come, are handed back as never begun.
    void halt() noexcept;
    /// halt(), wait for the bodies that run, run the completions that are queued, and end the thread. Not from that thread.
    void stop() noexcept;

    std::vector<running_body> running() const;

private:
    using clock = std::chrono::steady_clock;

    void begin(const std::vector<body_job*>& jobs) noexcept;
    void take_back(std::span<body_job* const> ended) noexcept override;
    void flush() noexcept;

    inflight_map& inflight_;
    boost::asio::io_context context_{1};
    boost::asio::any_io_executor executor_{context_.get_executor()};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stay_{context_.get_executor()};

    mutable std::mutex mutex_;
    std::condition_variable all_ended_;
    std::unordered_map<const body_job*, clock::time_point> running_;
    std::vector<body_job*> finished_; ///< not handed back yet; a flush is on its way while there are any
    std::uint32_t hint_;
    bool halted_{};

    std::thread thread_;
};
}
