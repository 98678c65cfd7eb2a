// webhook_interop_main <node> <receiver.mjs>: real webhooks over real sockets to a receiver that is made of other people's packages, and
// messages of theirs to our verifier. Prints a line for each thing that was looked at, and exits 1 when one is not as it should be.

#include "feature/webhook_client.hpp"
#include "feature/webhook_signature.hpp"

#include "https_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace everstep::test
{
namespace
{
namespace json = boost::json;
using core::webhook_answer;
using core::webhook_outcome;

/// The receiver's process: lines of JSON there and back.
class receiver
{
public:
    receiver(const char* node, const char* script)
    {
        std::array<int, 2> orders{};
        std::array<int, 2> answers{};
        if (::pipe(orders.data()) != 0 || ::pipe(answers.data()) != 0)
            throw std::runtime_error("no pipe");
        child_ = ::fork();
        if (child_ == 0)
        {
            ::dup2(orders[0], STDIN_FILENO);
            ::dup2(answers[1], STDOUT_FILENO);
            for (const int one : {orders[0], orders[1], answers[0], answers[1]})
                ::close(one);
            ::execlp(node, node, script, static_cast<char*>(nullptr));
            ::_exit(127);
        }
        ::close(orders[0]);
        ::close(answers[1]);
        to_.reset(::fdopen(orders[1], "w"));
        from_.reset(::fdopen(answers[0], "r"));
    }
    receiver(const receiver&) = delete;
    receiver& operator=(const receiver&) = delete;
    ~receiver()
    {
        to_.reset(); // it ends with its orders
        ::waitpid(child_, nullptr, 0);
    }

    json::object order(const json::object& what)
    {
        const std::string line = json::serialize(what) + "\n";
        std::fputs(line.c_str(), to_.get());
        std::fflush(to_.get());
        return read();
    }
    /// The next line that it says.
    json::object read()
    {
        std::string line;
        for (int c = std::fgetc(from_.get()); c != '\n'; c = std::fgetc(from_.get()))
        {
            if (c == EOF)
                throw std::runtime_error("the receiver has ended");
            line += static_cast<char>(c);
        }
        return json::parse(line).as_object();
    }

private:
    struct closer
    {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    pid_t child_{};
    std::unique_ptr<std::FILE, closer> to_;
    std::unique_ptr<std::FILE, closer> from_;
};

class interop
{
public:
    interop(const char* node, const char* script) : receiver_(node, script)
    {
        const tls_identity identity({.name = "receiver", .alternatives = "DNS:localhost,IP:127.0.0.1"}, &test_authority());
        const json::object listen{{"certificate", identity.certificate_pem()}, {"key", identity.key_pem()}, {"secret", secret_}};
        port_ = static_cast<std::uint16_t>(receiver_.order({{"listen", listen}}).at("port").as_int64());
    }

    int run()
    {
        for (const webhook_mode mode : {webhook_mode::structured, webhook_mode::binary})
        {
            arrives(mode);
            arrives_with_every_text(mode);
            survives_a_change_of_secrets(mode);
            is_refused_when_it_is_not_ours(mode);
        }
        is_refused_when_it_is_old();
        theirs_are_accepted_by_us();
        std::cout << looked_at_ << " looked at, " << wrong_ << " wrong\n";
        return wrong_ == 0 && looked_at_ > 0 ? 0 : 1;
    }

private:
    static std::chrono::sys_seconds now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

    webhook_endpoint endpoint(webhook_mode mode) const
    {
        return {.url = "https://localhost:" + std::to_string(port_) + "/hook?a=b",
                .secret = webhook_secret(secret_),
                .mode = mode,
                .ports = {port_},
                .trusted_certificates = test_authority().certificate_pem(),
                .allow_private_addresses = true};
    }
    static event placed()
    {
        return {.number = 7,
                .topic = "orders",
                .id = "e-1",
                .source = "/checkout/order 7",
                .type = "com.example.order.placed",
                .subject = "o-1",
                .key = "customer-9",
                .traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                .time = event::time_point(std::chrono::microseconds(1'699'999'999'123'456)),
                .data = R"({"id":"o-1","total":12.5,"lines":[{"sku":"a","n":2},null,true,"ä€😀\n\"\\"],"empty":{}})"};
    }

    void look(bool good, const std::string& what)
    {
        ++looked_at_;
        wrong_ += good ? 0 : 1;
        std::cout << (good ? "good   " : "WRONG  ") << what << '\n';
    }
    webhook_answer post(const core::webhook_request& request, const webhook_endpoint& to)
    {
        webhook_answer answer;
        core::webhook_client client(io_.get_executor(), to, core::system_webhook_resolver(), trust_);
        client.post(request, now(), [&](const webhook_answer& given) { answer = given; });
        io_.restart();
        io_.run();
        return answer;
    }
    /// Sends it, and returns what the receiver said of it.
    json::object send(const event& what, const webhook_endpoint& to, webhook_outcome expected, const std::string& name)
    {
        const webhook_answer answer = post(core::make_webhook_request(what, "m-" + std::to_string(++messages_), to, now()), to);
        json::object said = answer.status != 0 ? receiver_.read() : json::object();
        look(answer.outcome == expected, name + ": " + answer.text);
        if (answer.outcome != expected)
            std::cout << json::serialize(said) << '\n';
        return said;
    }
    static std::string name_of(webhook_mode mode) { return mode == webhook_mode::structured ? "structured" : "binary"; }

    void arrives(webhook_mode mode)
    {
        const event what = placed();
        const json::object said = send(what, endpoint(mode), webhook_outcome::delivered, name_of(mode) + " arrives");
        const json::value* const got = said.if_contains("event");
        if (got == nullptr)
            return;
        look(said.at("path") == "/hook?a=b" && said.at("method") == "POST", name_of(mode) + " is a POST to the path and query");
        const json::object wanted{{"specversion", "1.0"},
                                  {"id", what.id},
                                  {"source", "/checkout/order%207"},
                                  {"type", what.type},
                                  {"subject", what.subject},
                                  {"time", got->at("time")},
                                  {"partitionkey", what.key},
                                  {"traceparent", what.traceparent},
                                  {"datacontenttype", "application/json"},
                                  {"data", json::parse(what.data)}};
        look(*got == json::value(wanted), name_of(mode) + " has all attributes and the data: " + json::serialize(*got));
        look(std::string_view(got->at("time").as_string()).starts_with("2023-11-14T22:13:19.123"), name_of(mode) + " has its time");
    }

    void arrives_with_every_text(webhook_mode mode)
    {
        const std::vector<std::string> texts{"a b", "50%", "%41",       "\"quoted\"", "back\\slash", "ä",         "€",
                                             "😀",  "'",   "Euro € 😀", "a,b;c=d",    "{}",          "\xc2\xa0x", std::string(255, '~')};
        for (const std::string& text : texts)
        {
            event what = placed();
            what.subject = text;
            const json::object said = send(what, endpoint(mode), webhook_outcome::delivered, name_of(mode) + " with " + text);
            const json::value* const got = said.if_contains("event");
            look(got != nullptr && got->at("subject") == json::value(text), name_of(mode) + " has the subject " + text);
        }
    }

    void survives_a_change_of_secrets(webhook_mode mode)
    {
        webhook_endpoint changing = endpoint(mode);
        changing.secret = webhook_secret(next_secret_);
        changing.former_secret = webhook_secret(secret_);
        send(placed(), changing, webhook_outcome::delivered, name_of(mode) + " with both signatures to who knows the former secret");
        receiver_.order({{"trust", next_secret_}});
        send(placed(), changing, webhook_outcome::delivered, name_of(mode) + " with both signatures to who knows the new one");
        changing.former_secret.reset();
        send(placed(), changing, webhook_outcome::delivered, name_of(mode) + " with the new signature alone");
        send(placed(), endpoint(mode), webhook_outcome::try_again, name_of(mode) + " with the former signature alone");
        receiver_.order({{"trust", secret_}});
    }

    void is_refused_when_it_is_not_ours(webhook_mode mode)
    {
        core::webhook_request request = core::make_webhook_request(placed(), "m-x", endpoint(mode), now());
        request.body += ' ';
        look(post(request, endpoint(mode)).status == 401, name_of(mode) + " with another body is refused");
        look(receiver_.read().at("verified") == false, "… because of its signature");
    }

    void is_refused_when_it_is_old()
    {
        const webhook_endpoint to = endpoint(webhook_mode::structured);
        for (const int age : {-290, 290, 310, -310})
        {
            const auto answer = post(core::make_webhook_request(placed(), "m-age", to, now() - std::chrono::seconds(age)), to);
            look(answer.status == (age * age < 300 * 300 ? 204u : 401u), "sent " + std::to_string(age) + " s ago: " + answer.text);
            receiver_.read();
        }
    }

    void theirs_are_accepted_by_us()
    {
        webhook_verifier verifier({.secrets = {webhook_secret(next_secret_), webhook_secret(secret_)}});
        const std::vector<std::string> bodies{"{}", "", R"({"a":[1,2,3]})", "ä€😀 \n\r\t", std::string(100'000, 'x'), R"({"with":"a.b.c"})"};
        for (const std::string& body : bodies)
        {
            const std::string id = "msg_" + std::to_string(++messages_);
            const std::int64_t sent = now().time_since_epoch().count();
            const std::string timestamp = std::to_string(sent);
            const json::object said = receiver_.order({{"sign", {{"secret", secret_}, {"id", id}, {"timestamp", sent}, {"body", body}}}});
            const std::string signature(said.at("signature").as_string());
            const auto verdict = [&](const std::string& with, const std::string& of) {
                return verifier.verify({id, timestamp, with}, of, std::chrono::system_clock::now());
            };
            const std::string name = "theirs, of " + std::to_string(body.size()) + " bytes, ";
            look(verdict(signature, body + " ") == webhook_verdict::bad_signature, name + "with another body is refused");
            look(verdict("v1,AAAA " + signature, body) == webhook_verdict::accepted, name + "is accepted");
            look(verdict(signature, body) == webhook_verdict::replayed, name + "is not accepted twice");
            const std::string ours = core::webhook_signature(webhook_secret(secret_), core::signed_text(id, timestamp, body));
            look(ours == signature, name + "is signed as we would");
        }
    }

    const std::string secret_ = make_webhook_secret();
    const std::string next_secret_ = make_webhook_secret();
    const std::shared_ptr<const core::webhook_trust> trust_ = core::system_webhook_trust();
    receiver receiver_;
    asio::io_context io_;
    std::uint16_t port_{};
    int messages_{};
    int looked_at_{};
    int wrong_{};
};
}
}

int main(int count, char** arguments)
{
    if (count != 3)
    {
        std::cerr << "webhook_interop_main <node> <receiver.mjs>\n";
        return 2;
    }
    try
    {
        return everstep::test::interop(arguments[1], arguments[2]).run();
    }
    catch (const std::exception& e)
    {
        std::cerr << "interop: " << e.what() << '\n';
        return 1;
    }
}
