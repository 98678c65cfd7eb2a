#include "engine/io_place.hpp"

#include "engine/finished_jobs.hpp"

#include <boost/asio/post.hpp>

#include <pthread.h>
#include <utility>

namespace everstep::core
{
io_place::io_place(inflight_map& inflight, std::function<void()> on_thread)
    : inflight_(inflight), hint_(inflight.next_hint()),
      thread_(
          [this, on_thread = std::move(on_thread)]
          {
              ::pthread_setname_np(::pthread_self(), "everstep io");
              if (on_thread)
                  on_thread();
              context_.run();
          })
{
}

io_place::~io_place() { stop(); }

void io_place::submit(std::span<body_job* const> jobs)
{
    if (jobs.empty())
        return;
    boost::asio::post(context_, [this, batch = std::vector<body_job*>(jobs.begin(), jobs.end())] { begin(batch); });
}

void io_place::begin(const std::vector<body_job*>& jobs) noexcept
{
    const auto now = clock::now();
    for (std::size_t n = 0; n < jobs.size(); ++n)
    {
        body_job* const job = jobs[n];
        {
            std::unique_lock lock(mutex_);
            if (halted_)
            {
                lock.unlock();
                return give_back_unbegun(std::span(jobs).subspan(n));
            }
            running_.emplace(job, now);
            job->slot = inflight_.acquire(job->blame_run, job->blame_step, hint_);
        }
        job->via = this;
        job->spawn(&executor_);
    }
}

/// A spawned body has ended; on the io thread, but for bodies that moved to another executor.
void io_place::take_back(std::span<body_job* const> ended) noexcept
{
    const std::scoped_lock lock(mutex_);
    for (body_job* job : ended)
    {
        inflight_.release(std::exchange(job->slot, 0), hint_);
        // Those that end in the same round of the loop go home together.
        if (finished_.empty())
            boost::asio::post(context_, [this] { flush(); });
        finished_.push_back(job);
    }
}

void io_place::flush() noexcept
{
    std::vector<body_job*> finished;
    {
        const std::scoped_lock lock(mutex_);
        finished.swap(finished_);
        for (const body_job* job : finished)
            running_.erase(job);
    }
    give_back(finished);
    const std::scoped_lock lock(mutex_);
    if (running_.empty())
        all_ended_.notify_all();
}

void io_place::halt() noexcept
{
    const std::scoped_lock lock(mutex_);
    halted_ = true;
}

void io_place::stop() noexcept
{
    halt();
    if (!thread_.joinable())
        return;
    {
        std::unique_lock lock(mutex_);
        all_ended_.wait(lock, [&] { return running_.empty(); });
    }
    // Last in the queue: completions that were posted before it still run.
    boost::asio::post(context_, [this] { context_.stop(); });
    thread_.join();
}

std::vector<running_body> io_place::running() const
{
    std::vector<running_body> all;
    const std::scoped_lock lock(mutex_);
    for (const auto& [job, since] : running_)
        all.push_back({job->describe(), since});
    return all;
}
}
