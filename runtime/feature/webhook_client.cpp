#include "feature/webhook_client.hpp"

#include "feature/webhook_address.hpp"

#include <everstep/error.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <optional>
#include <utility>

namespace everstep::core
{
namespace
{
namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using boost::asio::ip::tcp;
using boost::system::error_code;
using clock = std::chrono::steady_clock;

constexpr std::uint32_t header_bytes_max = 8u << 10;
constexpr std::size_t read_buffer_bytes = 2 * header_bytes_max; ///< holds a header, or the trailer of a body
constexpr unsigned interim_answers_max = 8;
constexpr std::size_t addresses_max = 16; ///< that are tried; all are checked

class system_resolver final : public webhook_resolver
{
    using results = tcp::resolver::results_type;

public:
    void resolve(const asio::any_io_executor& executor, const std::string& host, answer then) override
    {
        const auto resolver = std::make_shared<tcp::resolver>(executor);
        resolver->async_resolve(host, "", [resolver, then = std::move(then)](const error_code& failure, const results& found) noexcept {
            tell(then, failure, found);
        });
    }

private:
    static void tell(const answer& then, const error_code& failure, const results& found) noexcept
    {
        try
        {
            std::vector<asio::ip::address> addresses;
            for (const auto& one : found)
                addresses.push_back(one.endpoint().address());
            then(failure, std::move(addresses));
        }
        catch (...)
        {
            // The post's timeout ends it.
        }
    }
};

void add_system_trust(X509_STORE* to, X509_STORE* from)
{
    X509_STORE_lock(from);
    const STACK_OF(X509_OBJECT)* const known = X509_STORE_get0_objects(from);
    for (int at = 0; at < sk_X509_OBJECT_num(known); ++at)
        if (X509* const one = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(known, at)))
            X509_STORE_add_cert(to, one);
    X509_STORE_unlock(from);
    if (X509_LOOKUP* const folder = X509_STORE_add_lookup(to, X509_LOOKUP_hash_dir()))
        X509_LOOKUP_add_dir(folder, nullptr, X509_FILETYPE_DEFAULT);
}

/// Nothing where it is content with the endpoint; else what is wrong.
std::string set_up(ssl::context& context, const webhook_endpoint& endpoint, X509_STORE* trusted)
{
    error_code failure;
    SSL_CTX* const handle = context.native_handle();
    context.set_verify_mode(ssl::verify_peer, failure);
    SSL_CTX_set_options(handle, SSL_OP_NO_RENEGOTIATION);
    if (failure || SSL_CTX_set_min_proto_version(handle, TLS1_2_VERSION) != 1)
        return "TLS cannot be set up: " + failure.message();
    if (endpoint.trusted_certificates.empty())
    {
        SSL_CTX_set1_cert_store(handle, trusted);
        return {};
    }
    add_system_trust(SSL_CTX_get_cert_store(handle), trusted);
    context.add_certificate_authority(asio::buffer(endpoint.trusted_certificates), failure);
    return failure ? "trusted_certificates are no certificates in PEM: " + failure.message() : std::string();
}

/// The certificate must be of this host, by its alternative names, and chain to somebody who is trusted.
bool expect(ssl::stream<tcp::socket>& stream, const webhook_target& target)
{
    SSL* const handle = stream.native_handle();
    X509_VERIFY_PARAM* const wanted = SSL_get0_param(handle);
    if (target.address)
        return X509_VERIFY_PARAM_set1_ip_asc(wanted, target.host.c_str()) == 1;
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return X509_VERIFY_PARAM_set1_host(wanted, target.host.c_str(), target.host.size()) == 1 &&
           SSL_set_tlsext_host_name(handle, target.host.c_str()) == 1;
}

/// No child of a fork and exec inherits it, whenever that comes.
tcp::socket open_socket(const asio::any_io_executor& executor, const tcp& protocol, error_code& failure)
{
    tcp::socket made(executor);
    const int descriptor = ::socket(protocol.family(), SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
    if (descriptor < 0)
        failure.assign(errno, boost::system::system_category());
    else
        made.assign(protocol, descriptor, failure);
    return made;
}
}

struct webhook_trust
{
    webhook_trust() : store(X509_STORE_new(), X509_STORE_free)
    {
        if (!store || X509_STORE_set_default_paths(store.get()) != 1)
            throw std::bad_alloc();
    }

    const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store;
};

/// What all posts of a client have in common.
struct webhook_client::channel
{
    channel(asio::any_io_executor on, const webhook_endpoint& to, std::shared_ptr<webhook_resolver> names, const webhook_trust& trust)
        : executor(std::move(on)), rule(to.allow_private_addresses ? address_rule::any : address_rule::public_only), timeout(to.timeout),
          response_bytes_max(to.response_bytes_max), resolver(std::move(names))
    {
        try
        {
            check_webhook(to);
            target = *read_webhook_url(to.url, to.ports, rule).target;
            refusal = set_up(tls, to, trust.store.get());
        }
        catch (const error& wrong)
        {
            refusal = wrong.text();
        }
    }

    const asio::any_io_executor executor;
    const address_rule rule;
    const std::chrono::milliseconds timeout;
    const std::size_t response_bytes_max;
    const std::shared_ptr<webhook_resolver> resolver;
    webhook_target target;
    std::string refusal; ///< not empty: nothing is sent
    ssl::context tls{ssl::context::tls_client};

    std::mutex mutex;
    std::vector<std::weak_ptr<attempt>> under_way;
};

/// One post. All of it runs on one strand, and every handler holds it.
class webhook_client::attempt : public std::enable_shared_from_this<attempt>
{
public:
    attempt(std::shared_ptr<channel> through, webhook_request&& what, std::chrono::sys_seconds now, completion done)
        : channel_(std::move(through)), strand_(asio::make_strand(channel_->executor)), deadline_(strand_), connect_limit_(strand_),
          now_(now), done_(std::move(done)), message_(http::verb::post, channel_->target.path, 11, std::move(what.body))
    {
        for (const webhook_header& header : what.headers)
            message_.insert(header.name, header.value);
        message_.set(http::field::host, channel_->target.authority());
        message_.set(http::field::accept_encoding, "identity");
        if (message_.find(http::field::user_agent) == message_.end())
            message_.set(http::field::user_agent, "everstep");
        message_.keep_alive(false);
        message_.prepare_payload();
    }

    void start()
    {
        asio::post(strand_, [self = shared_from_this()] { self->guarded([&] { self->begin(); }); });
    }

    void cancel()
    {
        asio::post(strand_, [self = shared_from_this()] { self->finish(webhook_outcome::try_again, "cancelled"); });
    }

private:
    using stream = ssl::stream<tcp::socket>;

    /// Of the handler of an operation that ends with an error_code, and perhaps a size.
    auto then(void (attempt::*next)(const error_code&))
    {
        return [self = shared_from_this(), next](const error_code& failure, std::size_t = 0) {
            self->guarded([&] { (self.get()->*next)(failure); });
        };
    }

    template <class Work>
    void guarded(Work&& work) noexcept
    {
        if (!done_)
            return; // it has ended, and this is what its end cancelled
        try
        {
            work();
        }
        catch (...)
        {
            finish(webhook_outcome::try_again, "out of memory"); // short: its string needs none
        }
    }

    void begin()
    {
        if (!channel_->refusal.empty())
            return finish(webhook_outcome::refused, channel_->refusal);
        give_up_at_ = clock::now() + channel_->timeout;
        deadline_.expires_at(give_up_at_);
        deadline_.async_wait(then(&attempt::time_is_over));
        if (channel_->target.address) // checked with the URL
            return connect({*channel_->target.address});
        const auto answered = [known = weak_from_this()](const error_code& failure, std::vector<asio::ip::address> found) {
            if (const auto self = known.lock()) // the deadline holds it until it has ended
                asio::dispatch(self->strand_, [self, failure, found = std::move(found)] {
                    self->guarded([&] { self->resolved(failure, found); });
                });
        };
        channel_->resolver->resolve(strand_, channel_->target.host, answered);
    }

    void time_is_over(const error_code& failure)
    {
        if (!failure)
            finish(webhook_outcome::try_again, "no whole answer within " + std::to_string(channel_->timeout.count()) + " ms");
    }

    void resolved(const error_code& failure, const std::vector<asio::ip::address>& found)
    {
        if (std::exchange(resolved_, true))
            return;
        const std::string& host = channel_->target.host;
        if (failure || found.empty())
            return finish(webhook_outcome::try_again, host + " cannot be resolved: " + (failure ? failure.message() : "it has no address"));
        for (const asio::ip::address& address : found)
            if (!may_connect(address, channel_->rule))
                return finish(webhook_outcome::refused, host + " resolves to " + address.to_string() +
                                                            ", which is no address of the public internet");
        connect(found);
    }

    void connect(std::vector<asio::ip::address> addresses)
    {
        addresses_ = std::move(addresses);
        if (addresses_.size() > addresses_max)
            addresses_.resize(addresses_max);
        connect_next({});
    }

    /// One after the other; each may take its share of the time that is left, so that one that answers nothing does not take it all.
    void connect_next(const error_code& last)
    {
        if (next_address_ == addresses_.size())
            return finish(webhook_outcome::try_again, "no connection to " + addresses_.back().to_string() + ": " + last.message());
        const auto left = static_cast<clock::rep>(addresses_.size() - next_address_);
        const tcp::endpoint to(addresses_[next_address_++], channel_->target.port);
        error_code failure;
        tcp::socket socket = open_socket(strand_, to.protocol(), failure);
        if (failure)
            return connect_next(failure);
        stream_.emplace(std::move(socket), channel_->tls);
        connect_limit_.expires_at(clock::now() + (give_up_at_ - clock::now()) / left);
        connect_limit_.async_wait([self = shared_from_this(), which = next_address_](const error_code& ended) {
            if (!ended && !self->connected_ && which == self->next_address_ && self->done_)
                self->close(); // ends the connecting below
        });
        stream_->next_layer().async_connect(to, then(&attempt::connected));
    }

    void connected(const error_code& failure)
    {
        if (failure)
            return connect_next(failure == asio::error::operation_aborted ? asio::error::timed_out : failure);
        connected_ = true;
        connect_limit_.cancel();
        if (!expect(*stream_, channel_->target))
            return finish(webhook_outcome::refused, "TLS cannot be set up for " + channel_->target.host);
        error_code ignored;
        stream_->next_layer().set_option(tcp::no_delay(true), ignored);
        stream_->async_handshake(stream::client, then(&attempt::shaken));
    }

    void shaken(const error_code& failure)
    {
        if (failure)
            return finish_handshake(failure);
        // Both at once: who refuses may answer before it has read all, and read no more.
        http::async_write(*stream_, message_, then(&attempt::sent));
        read_header();
    }

    void finish_handshake(const error_code& failure)
    {
        const long verdict = SSL_get_verify_result(stream_->native_handle());
        if (verdict != X509_V_OK)
            finish(webhook_outcome::refused, "the certificate of " + channel_->target.host + " is not accepted: " +
                                                 X509_verify_cert_error_string(verdict));
        else if (failure.category() == asio::error::get_ssl_category())
            finish(webhook_outcome::refused, "no TLS with " + channel_->target.host + ": " + failure.message());
        else
            finish(webhook_outcome::try_again, "the connection broke in the TLS handshake: " + failure.message());
    }

    void sent(const error_code& failure)
    {
        send_failure_ = failure; // the reading will tell: there may be an answer all the same
    }

    void read_header()
    {
        answer_.emplace();
        answer_->header_limit(header_bytes_max);
        answer_->body_limit(channel_->response_bytes_max);
        http::async_read_header(*stream_, buffer_, *answer_, then(&attempt::header_read));
    }

    void header_read(const error_code& failure)
    {
        if (failure)
            return finish_unanswered(failure);
        const auto& header = answer_->get();
        const unsigned status = header.result_int();
        if (status / 100 == 1 && status != 101)
        {
            if (++interim_answers_ > interim_answers_max)
                return finish(webhook_outcome::try_again, "more than 8 interim answers");
            return read_header();
        }
        const auto retry_after = header[http::field::retry_after];
        result_ = read_answer(status, {retry_after.data(), retry_after.size()}, now_);
        // A refusal says all in its first line; that it was delivered is said when all of the answer is there.
        if (result_.outcome != webhook_outcome::delivered)
            return finish(std::move(result_));
        http::async_read(*stream_, buffer_, *answer_, then(&attempt::body_read));
    }

    void body_read(const error_code& failure)
    {
        // Without a length the end of the connection ends the body, and many close it without a word of TLS. Nobody reads the body.
        if (!failure || (failure == ssl::error::stream_truncated && answer_->need_eof()))
            return finish(std::move(result_));
        finish_unanswered(failure);
    }

    void finish_unanswered(const error_code& failure)
    {
        std::string text;
        if (failure == http::error::body_limit)
            text = "the answer has more than " + std::to_string(channel_->response_bytes_max) + " bytes";
        else if (failure == http::error::header_limit || failure == http::error::buffer_overflow)
            text = "the answer's header has more than " + std::to_string(header_bytes_max) + " bytes";
        else
            text = "no whole answer: " + (send_failure_ ? send_failure_ : failure).message();
        finish({.outcome = webhook_outcome::try_again, .status = result_.status, .retry_after = {}, .text = std::move(text)});
    }

    void finish(webhook_outcome outcome, std::string text)
    {
        finish({.outcome = outcome, .status = 0, .retry_after = {}, .text = std::move(text)});
    }

    void finish(webhook_answer answer) noexcept
    {
        const completion done = std::exchange(done_, nullptr);
        if (!done)
            return;
        close();
        try
        {
            deadline_.cancel();
            connect_limit_.cancel();
            done(answer);
        }
        catch (...)
        {
        }
    }

    void close() noexcept
    {
        error_code ignored;
        if (stream_)
            stream_->next_layer().close(ignored);
    }

    const std::shared_ptr<channel> channel_;
    const asio::any_io_executor strand_;
    asio::steady_timer deadline_;
    asio::steady_timer connect_limit_;
    const std::chrono::sys_seconds now_;
    completion done_; ///< empty: it has ended
    http::request<http::string_body> message_;

    clock::time_point give_up_at_;
    bool resolved_{};
    bool connected_{};
    std::vector<asio::ip::address> addresses_;
    std::size_t next_address_{};
    std::optional<stream> stream_;
    error_code send_failure_;
    boost::beast::flat_buffer buffer_{read_buffer_bytes};
    std::optional<http::response_parser<http::string_body>> answer_;
    unsigned interim_answers_{};
    webhook_answer result_{};
};

webhook_client::webhook_client(asio::any_io_executor executor, const webhook_endpoint& endpoint, std::shared_ptr<webhook_resolver> resolver,
                               const std::shared_ptr<const webhook_trust>& trust)
    : channel_(std::make_shared<channel>(std::move(executor), endpoint, std::move(resolver), *trust))
{
}

webhook_client::~webhook_client()
{
    try
    {
        cancel();
    }
    catch (...)
    {
        // Their timeouts end them.
    }
}

void webhook_client::post(webhook_request request, std::chrono::sys_seconds now, completion done)
{
    const auto made = std::make_shared<attempt>(channel_, std::move(request), now, std::move(done));
    {
        const std::lock_guard lock(channel_->mutex);
        std::erase_if(channel_->under_way, [](const std::weak_ptr<attempt>& one) { return one.expired(); });
        channel_->under_way.push_back(made);
    }
    made->start();
}

void webhook_client::cancel()
{
    std::vector<std::weak_ptr<attempt>> all;
    {
        const std::lock_guard lock(channel_->mutex);
        all.swap(channel_->under_way);
    }
    for (const std::weak_ptr<attempt>& one : all)
        if (const auto alive = one.lock())
            alive->cancel();
}

std::shared_ptr<const webhook_trust> system_webhook_trust() { return std::make_shared<const webhook_trust>(); }

std::shared_ptr<webhook_resolver> system_webhook_resolver() { return std::make_shared<system_resolver>(); }
}
