#include "feature/webhook_link.hpp"

#include <everstep/error.hpp>

#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace everstep::core
{
namespace
{
void hand_back(std::unique_ptr<delivery_job> job) noexcept
{
    body_job* one = job.release();
    one->home().take_back({&one, 1});
}

std::string code_of(const webhook_answer& how)
{
    if (how.outcome == webhook_outcome::gone)
        return delivery_job::gone_code;
    if (how.outcome == webhook_outcome::refused)
        return "refused";
    return how.status == 0 ? "no_answer" : "http_" + std::to_string(how.status);
}
}

webhook_link::webhook_link(boost::asio::any_io_executor executor, const webhook_endpoint& to, const std::shared_ptr<webhook_resolver>& resolver,
                           const std::shared_ptr<const webhook_trust>& trust)
    : to_(to), client_(std::move(executor), to_, resolver, trust)
{
}

void webhook_link::post(std::unique_ptr<delivery_job> job, std::chrono::sys_seconds now)
{
    std::optional<webhook_request> request;
    try
    {
        request = make_webhook_request(*job->what().what, job->token(), to_, now);
    }
    catch (const engine_error& e)
    {
        job->fail(std::make_exception_ptr(permanent_error(e.code(), e.text())));
        return hand_back(std::move(job));
    }
    // The completion is copied, so it shares what one owner alone may have.
    const auto held = std::make_shared<std::unique_ptr<delivery_job>>(std::move(job));
    client_.post(std::move(*request), now, [held](const webhook_answer& how) {
        std::unique_ptr<delivery_job> done = std::move(*held);
        end_by(*done, how);
        hand_back(std::move(done));
    });
}

void end_by(delivery_job& job, const webhook_answer& how)
{
    if (how.outcome == webhook_outcome::delivered)
        return job.all_done();
    if (how.retry_after && how.outcome != webhook_outcome::refused && how.outcome != webhook_outcome::gone)
        return job.fail(std::make_exception_ptr(retry_after(*how.retry_after, how.text)));
    job.fail(std::make_exception_ptr(error(code_of(how), how.text)));
}
}
