#pragma once

// One webhook's connection to the world: an HTTPS POST, and what came of it.
//
//     resolve -> check all addresses -> connect to one of them -> TLS -> send -> read the answer     within endpoint.timeout
//
// Every post resolves anew and connects to addresses of that one answer only, so a name that changes between the check and the connection
// changes nothing. Redirects are answers like others, proxies and cookies are not known, connections are not kept.
//
// Threads: any; `done` is called on the executor. Lifetime: the destructor cancels, and returns at once; posts end soon after.

#include "feature/webhook_request.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace everstep::core
{
/// Names to addresses: the seam for tests.
class webhook_resolver
{
public:
    using answer = std::function<void(const boost::system::error_code&, std::vector<boost::asio::ip::address>)>;

    virtual ~webhook_resolver() = default;
    /// Calls `then` once, on any thread. What it calls too late, or again, has no effect.
    virtual void resolve(const boost::asio::any_io_executor& executor, const std::string& host, answer then) = 0;
};

/// The system's. It asks one name after the other, so a slow one holds up others; each post's timeout goes on.
std::shared_ptr<webhook_resolver> system_webhook_resolver();

/// The authorities that the system trusts. Where they are one file, all of them are read at once, which takes megabytes and a tenth of a
/// second: the clients of one engine share it.
struct webhook_trust;
std::shared_ptr<const webhook_trust> system_webhook_trust();

class webhook_client
{
public:
    using completion = std::function<void(const webhook_answer&)>;

    /// An endpoint that check_webhook would refuse is taken, and every post to it is refused.
    webhook_client(boost::asio::any_io_executor executor, const webhook_endpoint& endpoint,
                   std::shared_ptr<webhook_resolver> resolver = system_webhook_resolver(),
                   const std::shared_ptr<const webhook_trust>& trust = system_webhook_trust());
    ~webhook_client();
    webhook_client(const webhook_client&) = delete;
    webhook_client& operator=(const webhook_client&) = delete;

    /// `done` is called exactly once, never inside of this call, and not at all where the executor's context goes first. What it throws is
    /// swallowed. `now`: what a date in the answer's Retry-After is held against.
    void post(webhook_request request, std::chrono::sys_seconds now, completion done);

    /// Ends all posts under way: to be tried again.
    void cancel();

private:
    class attempt;
    struct channel;

    std::shared_ptr<channel> channel_;
};
}
