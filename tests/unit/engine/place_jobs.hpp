#pragma once

// Jobs with hand-made bodies, and a home that counts them back in: what the tests of the step places share.

#include "engine/body_job.hpp"

#include <everstep/services.hpp>

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace everstep::core
{
/// An operation whose body is a function object.
class made_operation final : public detail::operation
{
public:
    using body = std::function<std::string(attempt&)>;
    using spawned_body = std::function<void(attempt&, void* executor, detail::body_sink&)>;

    made_operation(const std::string& name, body does) : operation(traits_of, op_name(name)), does_(std::move(does)) {}
    made_operation(const std::string& name, spawned_body spawns)
        : operation(traits_of, op_name(name)), spawns_(std::move(spawns))
    {
    }

private:
    static void run(operation& self, attempt& a, std::string& encoded)
    {
        encoded = static_cast<made_operation&>(self).does_(a);
    }
    static void spawn(operation& self, attempt& a, void* executor, detail::body_sink& sink)
    {
        static_cast<made_operation&>(self).spawns_(a, executor, sink);
    }
    static void undo(attempt&, services&, std::string_view encoded)
    {
        if (encoded == "cannot")
            throw permanent_error{"stuck", "cannot be undone"};
    }
    static detail::operation_traits make()
    {
        detail::operation_traits traits;
        traits.run = &run;
        traits.spawn = &spawn;
        traits.undo = &undo;
        return traits;
    }
    static inline const detail::operation_traits traits_of = make();

    body does_;
    spawned_body spawns_;
};

/// Where the jobs of a test go home to.
class waiting_room final : public job_home
{
public:
    void take_back(std::span<body_job* const> finished) noexcept override
    {
        const std::scoped_lock lock(mutex_);
        back_.insert(back_.end(), finished.begin(), finished.end());
        ++batches_;
        came_.notify_all();
    }

    /// Until so many have come back in all.
    void await(std::size_t count)
    {
        std::unique_lock lock(mutex_);
        came_.wait(lock, [&] { return back_.size() >= count; });
    }
    std::vector<body_job*> back() const
    {
        const std::scoped_lock lock(mutex_);
        return back_;
    }
    std::size_t batches() const
    {
        const std::scoped_lock lock(mutex_);
        return batches_;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable came_;
    std::vector<body_job*> back_;
    std::size_t batches_{};
};

inline constexpr std::size_t payload_bytes_for_tests = 1000;

class made_job final : public body_job
{
public:
    made_job(job_home& home, std::unique_ptr<made_operation> op)
        : body_job(home, *op, "token", 1, given_, payload_bytes_for_tests), op_(std::move(op))
    {
    }
    std::string describe() const override { return std::string(op().name().text()); }

private:
    services given_;
    std::unique_ptr<made_operation> op_;
};

/// Owns the jobs of a test.
class job_list
{
public:
    explicit job_list(job_home& home) : home_(home) {}

    body_job& add(const std::string& name, made_operation::body does)
    {
        return keep(std::make_unique<made_operation>(name, std::move(does)));
    }
    body_job& add_spawned(const std::string& name, made_operation::spawned_body spawns)
    {
        return keep(std::make_unique<made_operation>(name, std::move(spawns)));
    }
    std::span<body_job* const> all() const noexcept { return all_; }
    std::span<body_job* const> from(std::size_t first) const noexcept { return std::span(all_).subspan(first); }

private:
    body_job& keep(std::unique_ptr<made_operation> op)
    {
        owned_.push_back(std::make_unique<made_job>(home_, std::move(op)));
        owned_.back()->blame_run = owned_.size();
        owned_.back()->blame_step = 7;
        all_.push_back(owned_.back().get());
        return *all_.back();
    }

    job_home& home_;
    std::vector<std::unique_ptr<made_job>> owned_;
    std::vector<body_job*> all_;
};

/// Opened once, waited for by many, any number of times.
class gate
{
public:
    void open() { opened_.count_down(); }
    void pass() const { opened_.wait(); }

private:
    std::latch opened_{1};
};
}
