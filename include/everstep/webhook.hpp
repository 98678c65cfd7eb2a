#pragma once

// Webhooks: events told to others over HTTPS, as CloudEvents 1.0, signed as Standard Webhooks 1.0 say; and the check of such a message
// where it arrives.
//
//     const webhook_endpoint shop{.url = "https://hooks.example.com/orders", .secret = webhook_secret(text)};
//     check_webhook(shop);                                                    // a URL that a customer typed
//
//     webhook_verifier verifier({.secrets = {webhook_secret(text)}});         // on the other side, for every request
//     switch (verifier.verify({id, timestamp, signature}, raw_body, std::chrono::system_clock::now())) { … }
//
// A URL is an attacker's way into our network: only https, only the ports that are named, only addresses of the public internet (all that
// the name resolves to, checked anew for every attempt), no redirects, no proxies. Certificates are always checked.
//
// Threads: values; a verifier may be used by any number of threads at once.
// Lifetime: a secret is wiped from memory when it goes.
// Crash: a verifier remembers in memory only. What must be done once is done inside engine::once, by the id of the message.
// Errors: engine_error (bad_value) where a secret, an endpoint or the options of a verifier are none; it never quotes a secret.
// verify() throws nothing but std::bad_alloc: what it is given comes from strangers, and its verdict is a value.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace everstep::inline v0
{
/// A key that one endpoint shares with us. It can be neither encoded nor printed, so none gets into a journal or a log by accident.
class webhook_secret
{
public:
    static constexpr std::size_t bytes_min = 24;
    static constexpr std::size_t bytes_max = 64;

    /// "whsec_" and the base64 of 24 to 64 bytes.
    explicit webhook_secret(std::string_view text);
    webhook_secret(const webhook_secret&) noexcept = default;
    webhook_secret& operator=(const webhook_secret&) noexcept = default;
    ~webhook_secret();

    /// For those who sign.
    std::span<const std::byte> key() const noexcept { return {bytes_.data(), size_}; }

private:
    std::array<std::byte, bytes_max> bytes_{};
    std::size_t size_{};
};

/// The text of a new secret, from 32 random bytes: to be shown to the receiver and kept where secrets are kept. One for each endpoint.
std::string make_webhook_secret();

/// How an event becomes an HTTP request (CloudEvents 1.0, HTTP protocol binding).
enum class webhook_mode : std::uint8_t
{
    structured, ///< attributes and data are one JSON body; the signature covers both
    binary      ///< the data is the body, attributes are ce- headers, which are not signed and which many libraries do not decode
};

struct webhook_header
{
    std::string name;
    std::string value;
};

struct webhook_endpoint
{
    std::string url{}; ///< https, a name of at least two parts or an address in its usual form, at most 2,048 bytes
    webhook_secret secret;
    /// While the secret is changed: the one before. Messages then have both signatures, so a receiver that knows only one of the two goes
    /// on. Leave it out again once all receivers know the new one.
    std::optional<webhook_secret> former_secret{};
    webhook_mode mode{webhook_mode::structured};
    std::chrono::milliseconds timeout{15'000}; ///< for all of one attempt, from resolving the name to the last byte of the answer
    /// Of the answer's body, which is read and forgotten. A longer one is no answer: the attempt failed.
    std::size_t response_bytes_max{64u << 10};
    std::vector<std::uint16_t> ports{443}; ///< those that the URL may name
    /// More headers, such as authorization. None of those that HTTP, the signature and the event need.
    std::vector<webhook_header> headers{};
    std::string trusted_certificates{}; ///< PEM: authorities that are trusted beside those of the system
    /// For tests and receivers on one's own network: any address may be connected to, and names may have one part ("localhost").
    bool allow_private_addresses{false};
};

/// Throws engine_error (bad_value): what is wrong, and what to do. It resolves no name.
void check_webhook(const webhook_endpoint& endpoint);

/// What a message is that arrived. Authentic: signed with one of the secrets.
enum class webhook_verdict : std::uint8_t
{
    accepted,      ///< authentic, the first of its id: do what it says, then answer 2xx
    repeated,      ///< authentic, another attempt at an id that was accepted: answer 2xx where it is done, else do it (engine::once knows)
    replayed,      ///< authentic, but this attempt or a later one was here before: answer 409; the sender's own next one gets through
    malformed,     ///< a header is missing or is none: answer 400
    expired,       ///< sent longer ago than the tolerance: answer 400
    early,         ///< sent in the future, by more than the tolerance: answer 400, and look at the clocks
    bad_signature, ///< of no secret of ours, or not of this body: answer 401
    overloaded     ///< authentic, but as many ids as may be are remembered already: answer 503
};
inline constexpr std::size_t webhook_verdicts = 8;

/// The name of the value, as in the source: "bad_signature".
std::string_view name_of(webhook_verdict verdict) noexcept;

struct webhook_verifier_options
{
    std::vector<webhook_secret> secrets;     ///< the sender's; while it changes them, the new one and the one before
    std::chrono::seconds tolerance{300};     ///< between the sender's clock and ours, either way; at most a day
    /// Ids that are remembered at once, each for as long as its message could come again. Beyond it nothing is accepted: an id that is
    /// forgotten too early would let a replay through. Only authentic messages count.
    std::size_t ids_max{250'000};
};

/// The headers of the same names, "webhook-id" and so on; empty where there is none.
struct webhook_headers
{
    std::string_view id;
    std::string_view timestamp;
    std::string_view signature;
};

class webhook_verifier
{
public:
    explicit webhook_verifier(webhook_verifier_options options);
    ~webhook_verifier();
    webhook_verifier(const webhook_verifier&) = delete;
    webhook_verifier& operator=(const webhook_verifier&) = delete;

    /// `raw_body`: the bytes as they came, not what a parser made of them.
    webhook_verdict verify(const webhook_headers& headers, std::string_view raw_body, std::chrono::system_clock::time_point now);

    /// From now on these instead: to begin and to end a change of secrets without forgetting any id.
    void trust(std::vector<webhook_secret> secrets);

    /// How many messages had this verdict.
    std::uint64_t count(webhook_verdict verdict) const noexcept;

private:
    class memory;
    std::unique_ptr<memory> memory_;
};
}
