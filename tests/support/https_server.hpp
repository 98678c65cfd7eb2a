#pragma once

// An HTTPS server for tests, on the io_context of the test itself, and certificates that are made while it runs.
//
//     https_server server(io, tls_identity(test_authority()), [](https_connection& c) -> asio::awaitable<void> {
//         co_await c.read();
//         co_await c.write("HTTP/1.1 204 \r\n\r\n");
//     });

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace everstep::test
{
namespace asio = boost::asio;

struct certificate_terms
{
    std::string name{"everstep test"};
    std::string alternatives{}; ///< "DNS:localhost,IP:127.0.0.1"
    long valid_for_seconds{3600};
};

/// A certificate and its key. One without an issuer is its own authority.
class tls_identity
{
public:
    explicit tls_identity(const certificate_terms& terms, const tls_identity* issuer = nullptr)
        : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(X509_new(), X509_free)
    {
        X509* const made = certificate_.get();
        X509_set_version(made, 2);
        static long serial = 0;
        ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
        X509_gmtime_adj(X509_getm_notBefore(made), -7200);
        X509_gmtime_adj(X509_getm_notAfter(made), terms.valid_for_seconds);
        X509_set_pubkey(made, key_.get());
        X509_NAME* const name = X509_get_subject_name(made);
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(terms.name.c_str()), -1, -1, 0);
        const tls_identity& by = issuer ? *issuer : *this;
        X509_set_issuer_name(made, X509_get_subject_name(by.certificate_.get()));
        add_extension(NID_basic_constraints, issuer ? "critical,CA:FALSE" : "critical,CA:TRUE");
        if (!terms.alternatives.empty())
            add_extension(NID_subject_alt_name, terms.alternatives);
        if (X509_sign(made, by.key_.get(), EVP_sha256()) == 0)
            throw std::runtime_error("the certificate cannot be signed");
    }

    std::string certificate_pem() const
    {
        return pem([&](BIO* to) { PEM_write_bio_X509(to, certificate_.get()); });
    }
    std::string key_pem() const
    {
        return pem([&](BIO* to) { PEM_write_bio_PrivateKey(to, key_.get(), nullptr, nullptr, 0, nullptr, nullptr); });
    }

private:
    template <class Write>
    static std::string pem(Write&& write)
    {
        const std::unique_ptr<BIO, decltype(&BIO_free)> to(BIO_new(BIO_s_mem()), BIO_free);
        write(to.get());
        BUF_MEM* text = nullptr;
        BIO_get_mem_ptr(to.get(), &text);
        return {text->data, text->length};
    }
    void add_extension(int kind, const std::string& value)
    {
        X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
        if (extension == nullptr)
            throw std::runtime_error("no such extension: " + value);
        X509_add_ext(certificate_.get(), extension, -1);
        X509_EXTENSION_free(extension);
    }

    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
    std::unique_ptr<X509, decltype(&X509_free)> certificate_;
};

/// The one that the clients of a test trust.
inline const tls_identity& test_authority()
{
    static const tls_identity authority({.name = "everstep test authority"});
    return authority;
}

struct https_request
{
    std::string method;
    std::string target;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    std::string header(std::string_view name) const
    {
        std::string all;
        for (const auto& [key, value] : headers)
            if (boost::beast::iequals(key, {name.data(), name.size()}))
                all += (all.empty() ? "" : " | ") + value;
        return all;
    }
};

/// What a server saw.
struct https_log
{
    std::size_t connections{};
    std::vector<std::string> server_names; ///< of each TLS handshake; empty where the client named none
    std::vector<https_request> requests;
    std::size_t bytes_written{};
};

class https_connection
{
public:
    https_connection(asio::ip::tcp::socket&& socket, asio::ssl::context& tls, https_log& log)
        : stream_(std::move(socket), tls), log_(log)
    {
    }

    asio::awaitable<void> shake()
    {
        co_await stream_.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
        const char* const name = SSL_get_servername(stream_.native_handle(), TLSEXT_NAMETYPE_host_name);
        log_.server_names.emplace_back(name ? name : "");
    }
    /// A whole request.
    asio::awaitable<void> read()
    {
        boost::beast::http::request<boost::beast::http::string_body> message;
        boost::beast::flat_buffer buffer;
        co_await boost::beast::http::async_read(stream_, buffer, message, asio::use_awaitable);
        https_request request;
        request.method = message.method_string();
        request.target = message.target();
        for (const auto& field : message)
            request.headers.emplace_back(field.name_string(), field.value());
        request.body = message.body();
        log_.requests.push_back(std::move(request));
    }
    asio::awaitable<void> write(std::string text)
    {
        co_await asio::async_write(stream_, asio::buffer(text), asio::use_awaitable);
        log_.bytes_written += text.size();
    }
    asio::awaitable<void> pause(std::chrono::milliseconds time)
    {
        asio::steady_timer timer(stream_.get_executor(), time);
        co_await timer.async_wait(asio::use_awaitable);
    }
    /// Until the other side ends the connection.
    asio::awaitable<void> wait_for_end()
    {
        char byte = 0;
        while (true)
            co_await stream_.async_read_some(asio::buffer(&byte, 1), asio::use_awaitable);
    }

private:
    asio::ssl::stream<asio::ip::tcp::socket> stream_;
    https_log& log_;
};

/// Connections that are open when it goes stay so until the io_context goes, too.
class https_server
{
public:
    using script = std::function<asio::awaitable<void>(https_connection&)>;

    /// Listens on 127.0.0.1 at a port that is free.
    https_server(asio::io_context& io, const tls_identity& identity, script what) : shared_(std::make_shared<state>(io, std::move(what)))
    {
        shared_->tls.use_certificate_chain(asio::buffer(identity.certificate_pem()));
        shared_->tls.use_private_key(asio::buffer(identity.key_pem()), asio::ssl::context::pem);
        asio::co_spawn(io, accept(shared_), [](std::exception_ptr) {});
    }
    ~https_server() { shared_->acceptor.close(); }
    https_server(const https_server&) = delete;
    https_server& operator=(const https_server&) = delete;

    std::uint16_t port() const { return shared_->acceptor.local_endpoint().port(); }
    const https_log& log() const { return shared_->log; }
    asio::ssl::context& tls() { return shared_->tls; }
    /// From now on it says nothing to whoever connects.
    void be_silent() { shared_->silent = true; }

private:
    struct state
    {
        state(asio::io_context& io, script what)
            : acceptor(io, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)), play(std::move(what))
        {
        }
        asio::ip::tcp::acceptor acceptor;
        asio::ssl::context tls{asio::ssl::context::tls_server};
        script play;
        https_log log;
        bool silent{};
    };

    static asio::awaitable<void> accept(std::shared_ptr<state> shared)
    {
        while (true)
        {
            asio::ip::tcp::socket socket = co_await shared->acceptor.async_accept(asio::use_awaitable);
            socket.set_option(asio::ip::tcp::no_delay(true));
            ++shared->log.connections;
            asio::co_spawn(shared->acceptor.get_executor(), serve(shared, std::move(socket)), [](std::exception_ptr) {});
        }
    }
    static asio::awaitable<void> serve(std::shared_ptr<state> shared, asio::ip::tcp::socket socket)
    {
        https_connection connection(std::move(socket), shared->tls, shared->log);
        if (shared->silent)
            co_await connection.pause(std::chrono::hours(1));
        co_await connection.shake();
        co_await shared->play(connection);
    }

    std::shared_ptr<state> shared_;
};
}
