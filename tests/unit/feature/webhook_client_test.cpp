#include "feature/webhook_client.hpp"

#include "webhook_post.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace everstep::core
{
namespace
{
using WebhookClient = WebhookPost;

TEST_F(WebhookClient, SendsTheRequestAndIsDone)
{
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"));
    const webhook_answer answer = post(endpoint(), {.headers = {{"webhook-id", "m-1"}, {"x-tenant", "7"}}, .body = R"({"a":1})"});
    EXPECT_EQ(answer.outcome, webhook_outcome::delivered) << answer.text;
    EXPECT_EQ(answer.status, 204u);
    ASSERT_EQ(server_->log().requests.size(), 1u);
    const test::https_request& got = server_->log().requests[0];
    EXPECT_EQ(got.method, "POST");
    EXPECT_EQ(got.target, "/orders?x=1");
    EXPECT_EQ(got.body, R"({"a":1})");
    EXPECT_EQ(got.header("host"), "hooks.example.com:" + std::to_string(server_->port()));
    EXPECT_EQ(got.header("content-length"), "7");
    EXPECT_EQ(got.header("webhook-id"), "m-1");
    EXPECT_EQ(got.header("x-tenant"), "7");
    EXPECT_EQ(got.header("connection"), "close");
    EXPECT_EQ(got.header("accept-encoding"), "identity");
    EXPECT_EQ(got.header("user-agent"), "everstep");
    EXPECT_EQ(got.headers.size(), 7u); // and nothing else
}

TEST_F(WebhookClient, TheEndpointMayNameItsOwnUserAgent)
{
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"));
    post(endpoint(), {.headers = {{"User-Agent", "shop"}}, .body = ""});
    EXPECT_EQ(server_->log().requests.at(0).header("user-agent"), "shop");
}

TEST_F(WebhookClient, ALargeBodyArrivesWhole)
{
    serve(answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    std::string body(1'000'000, 'x');
    body[999'999] = 'y';
    EXPECT_EQ(post(endpoint(), {.headers = {}, .body = body}).outcome, webhook_outcome::delivered);
    EXPECT_EQ(server_->log().requests.at(0).body, body);
}

TEST_F(WebhookClient, ARedirectIsAFailureAndIsNotFollowed)
{
    for (const char* status : {"301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"})
    {
        resolve_to({address("127.0.0.1")});
        const webhook_answer answer = answer_to(std::string("HTTP/1.1 ") + status +
                                                "\r\nLocation: https://169.254.169.254/latest/meta-data/\r\nContent-Length: 0\r\n\r\n");
        EXPECT_EQ(answer.outcome, webhook_outcome::try_again);
        EXPECT_EQ(answer.status / 100, 3u);
        EXPECT_EQ(connections(), 1u);
        EXPECT_EQ(resolver_->hosts.size(), 1u);
    }
}

TEST_F(WebhookClient, AResolverThatFlipsAfterTheCheckIsNotAskedAgain)
{
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"));
    EXPECT_EQ(post(endpoint()).outcome, webhook_outcome::delivered);
    EXPECT_EQ(resolver_->hosts, std::vector<std::string>{"hooks.example.com"});
    EXPECT_EQ(connections(), 1u);
}

TEST_F(WebhookClient, EachAttemptResolvesAndChecksAnew)
{
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"));
    resolver_ = std::make_shared<fake_resolver>(std::vector<fake_resolver::addresses>{{address("127.0.0.1")}, {address("224.0.0.1")}});
    webhook_client client(io_.get_executor(), endpoint(), resolver_, trust());
    start(client, {});
    EXPECT_EQ(finish().outcome, webhook_outcome::delivered);
    completions_ = 0;
    start(client, {});
    EXPECT_EQ(finish().outcome, webhook_outcome::refused);
    EXPECT_EQ(resolver_->hosts.size(), 2u);
    EXPECT_EQ(connections(), 1u);
}

TEST_F(WebhookClient, OneAddressThatIsNotPublicAmongManyIsEnoughToRefuse)
{
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"));
    webhook_endpoint strict = endpoint();
    strict.allow_private_addresses = false;
    const std::vector<fake_resolver::addresses> all{{address("127.0.0.1")},
                                                    {address("93.184.216.34"), address("127.0.0.1")},
                                                    {address("127.0.0.1"), address("93.184.216.34")},
                                                    {address("93.184.216.34"), address("10.0.0.7"), address("8.8.8.8")},
                                                    {address("169.254.169.254")},
                                                    {address("2606:4700::1111"), address("::ffff:127.0.0.1")},
                                                    {address("64:ff9b::7f00:1")},
                                                    {address("::1")}};
    for (const fake_resolver::addresses& one : all)
    {
        resolve_to(one);
        const webhook_answer answer = post(strict);
        EXPECT_EQ(answer.outcome, webhook_outcome::refused);
        EXPECT_EQ(answer.status, 0u);
        EXPECT_NE(answer.text.find("no address of the public internet"), std::string::npos) << answer.text;
    }
    EXPECT_EQ(connections(), 0u);
}

TEST_F(WebhookClient, AHostileUrlIsRefusedWithoutAQuestion)
{
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"));
    const std::string port = ":" + std::to_string(server_->port()) + "/";
    for (const std::string& url : {"http://hooks.example.com" + port, "https://127.0.0.1" + port, "https://2130706433" + port,
                                   "https://user@hooks.example.com" + port, "https://[::ffff:127.0.0.1]" + port,
                                   std::string("https://hooks.example.com/"), "https://localhost" + port})
    {
        webhook_endpoint hostile = endpoint();
        hostile.allow_private_addresses = false;
        hostile.url = url;
        EXPECT_EQ(post(hostile).outcome, webhook_outcome::refused) << url;
    }
    EXPECT_TRUE(resolver_->hosts.empty());
    EXPECT_EQ(connections(), 0u);
}

TEST_F(WebhookClient, AnAddressInTheUrlIsNotResolvedAndItsCertificateIsOfTheAddress)
{
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"));
    const webhook_answer answer = post(endpoint("127.0.0.1"));
    EXPECT_EQ(answer.outcome, webhook_outcome::delivered) << answer.text;
    EXPECT_TRUE(resolver_->hosts.empty());
    EXPECT_EQ(server_->log().server_names, std::vector<std::string>{""});
}

TEST_F(WebhookClient, TheServerIsToldWhichHostIsMeant)
{
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"));
    post(endpoint("HOOKS.example.com"));
    EXPECT_EQ(server_->log().server_names, std::vector<std::string>{"hooks.example.com"});
}

// Certificates.

TEST_F(WebhookClient, ACertificateOfAnotherHostIsRefused)
{
    for (const char* names : {"DNS:other.example.com", "DNS:hooks.example.com.evil.com", "DNS:*.com", "DNS:h*.example.com",
                              "IP:127.0.0.2", ""})
    {
        const tls_identity other({.name = "hooks.example.com", .alternatives = names}, &test::test_authority());
        serve(answering("HTTP/1.1 204 No Content\r\n\r\n"), other);
        for (const char* host : {"hooks.example.com", "127.0.0.1"})
        {
            resolve_to({address("127.0.0.1")});
            const webhook_answer answer = post(endpoint(host));
            EXPECT_EQ(answer.outcome, webhook_outcome::refused) << names;
            EXPECT_NE(answer.text.find("mismatch"), std::string::npos) << answer.text;
        }
        EXPECT_TRUE(server_->log().requests.empty());
    }
}

TEST_F(WebhookClient, AWildcardOfTheDomainIsAccepted)
{
    const tls_identity wild({.name = "x", .alternatives = "DNS:*.example.com"}, &test::test_authority());
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"), wild);
    EXPECT_EQ(post(endpoint()).outcome, webhook_outcome::delivered);
}

TEST_F(WebhookClient, AnAuthorityThatIsNotTrustedIsRefused)
{
    const tls_identity other_authority({.name = "another authority"});
    const tls_identity of_other({.name = "x", .alternatives = "DNS:hooks.example.com"}, &other_authority);
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"), of_other);
    const webhook_answer answer = post(endpoint());
    EXPECT_EQ(answer.outcome, webhook_outcome::refused);
    EXPECT_NE(answer.text.find("the certificate of hooks.example.com is not accepted"), std::string::npos) << answer.text;
    EXPECT_TRUE(server_->log().requests.empty());
}

TEST_F(WebhookClient, WithoutTrustOfItsOwnTheEndpointTrustsTheSystemOnly)
{
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"));
    webhook_endpoint plain = endpoint();
    plain.trusted_certificates.clear();
    EXPECT_EQ(post(plain).outcome, webhook_outcome::refused);
}

TEST_F(WebhookClient, TheSystemsAuthoritiesAreTrustedAlsoBesideOthers)
{
    const std::string path = ::testing::TempDir() + "webhook_client_test_" + std::to_string(::getpid()) + ".pem";
    std::ofstream(path) << test::test_authority().certificate_pem();
    const char* const before = std::getenv("SSL_CERT_FILE");
    const std::string kept = before ? before : "";
    ::setenv("SSL_CERT_FILE", path.c_str(), 1);
    const auto system = system_webhook_trust();
    before ? ::setenv("SSL_CERT_FILE", kept.c_str(), 1) : ::unsetenv("SSL_CERT_FILE");
    std::remove(path.c_str());

    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"));
    webhook_endpoint to = endpoint("127.0.0.1");
    for (const std::string& more : {std::string(), tls_identity({.name = "another authority"}).certificate_pem()})
    {
        to.trusted_certificates = more;
        webhook_client client(io_.get_executor(), to, resolver_, system);
        completions_ = 0;
        start(client, {});
        EXPECT_EQ(finish().outcome, webhook_outcome::delivered) << answer_.text;
    }
}

TEST_F(WebhookClient, ACertificateThatSignsItselfIsRefused)
{
    const tls_identity self({.name = "x", .alternatives = "DNS:hooks.example.com"});
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"), self);
    EXPECT_EQ(post(endpoint()).outcome, webhook_outcome::refused);
}

TEST_F(WebhookClient, ACertificateWhoseTimeHasPassedIsRefused)
{
    const tls_identity old({.name = "x", .alternatives = "DNS:hooks.example.com", .valid_for_seconds = -60}, &test::test_authority());
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"), old);
    const webhook_answer answer = post(endpoint());
    EXPECT_EQ(answer.outcome, webhook_outcome::refused);
    EXPECT_NE(answer.text.find("expired"), std::string::npos) << answer.text;
}

TEST_F(WebhookClient, AnOldVersionOfTlsIsRefused)
{
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"));
    SSL_CTX* const tls = server_->tls().native_handle();
    SSL_CTX_set_cipher_list(tls, "DEFAULT:@SECLEVEL=0");
    SSL_CTX_set_min_proto_version(tls, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(tls, TLS1_1_VERSION);
    const webhook_answer answer = post(endpoint());
    EXPECT_EQ(answer.outcome, webhook_outcome::refused) << answer.text;
    EXPECT_EQ(answer.text.find("no TLS with hooks.example.com"), 0u) << answer.text;
}

TEST_F(WebhookClient, TrustedCertificatesThatAreNoneRefuseEveryPost)
{
    serve(answering("HTTP/1.1 204 No Content\r\n\r\n"));
    webhook_endpoint bad = endpoint();
    bad.trusted_certificates = "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n";
    EXPECT_EQ(post(bad).outcome, webhook_outcome::refused);
    EXPECT_EQ(connections(), 0u);
}
}
}
