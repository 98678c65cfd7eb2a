#pragma once

// A subscription's webhook while the engine is open: its connection to the world, and how an answer ends a delivery.
//
// Threads: post() and cancel() on the deliverer's; answers come on the engine's io thread, and end in the job's home.

#include "feature/delivery_job.hpp"
#include "feature/webhook_client.hpp"

#include <everstep/webhook.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <memory>

namespace everstep::core
{
class webhook_link
{
public:
    webhook_link(boost::asio::any_io_executor executor, const webhook_endpoint& to, const std::shared_ptr<webhook_resolver>& resolver,
                 const std::shared_ptr<const webhook_trust>& trust);

    /// `now` is the wall's. Ends in the job's home.
    void post(std::unique_ptr<delivery_job> job, std::chrono::sys_seconds now);
    void cancel() { client_.cancel(); }

private:
    webhook_endpoint to_;
    webhook_client client_;
};

/// How a delivery ends by this answer: kept by the job.
void end_by(delivery_job& job, const webhook_answer& how);
}
