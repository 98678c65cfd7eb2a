// The receiver's side of Standard Webhooks 1.0: everstep/webhook.hpp.

#include "codec/base64.hpp"
#include "feature/webhook_signature.hpp"

#include <everstep/error.hpp>
#include <everstep/webhook.hpp>

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace everstep::inline v0
{
namespace
{
using core::webhook_digest;

constexpr std::size_t signature_header_bytes_max = 4096;
constexpr std::size_t timestamp_digits_max = 12; ///< the next 29,000 years, and no overflow
constexpr std::chrono::seconds tolerance_max = std::chrono::hours(24);
constexpr std::string_view v1 = "v1,";

using shared_secrets = std::shared_ptr<const std::vector<webhook_secret>>;

shared_secrets checked(std::vector<webhook_secret> secrets)
{
    if (secrets.empty())
        throw engine_error(errc::bad_value, "a webhook_verifier without secrets would refuse everything: give it the sender's");
    return std::make_shared<const std::vector<webhook_secret>>(std::move(secrets));
}

/// Decimal digits as everybody writes a number: one text for each time.
std::optional<std::chrono::sys_seconds> read_timestamp(std::string_view text)
{
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (text.empty() || text.size() > timestamp_digits_max || !std::all_of(text.begin(), text.end(), is_digit) || text.front() == '0')
        return std::nullopt;
    std::int64_t seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

/// Those of a header's signatures that may be ours; nothing where none is of our kind ("v1a,…" is for others).
std::optional<std::vector<webhook_digest>> read_signatures(std::string_view header)
{
    std::vector<webhook_digest> all;
    bool any_v1 = false;
    while (!header.empty())
    {
        const std::size_t end = std::min(header.find(' '), header.size());
        std::string_view one = header.substr(0, end);
        header.remove_prefix(std::min(end + 1, header.size()));
        if (!one.starts_with(v1))
            continue;
        any_v1 = true;
        one.remove_prefix(v1.size());
        webhook_digest digest;
        if (detail::base64_byte_count(one) == digest.size() && detail::read_base64(one, digest.data()))
            all.push_back(digest);
    }
    if (!any_v1)
        return std::nullopt;
    return all;
}

/// Looks at all of them whatever is found, so that the time that it takes tells nothing.
bool is_authentic(const std::vector<webhook_secret>& secrets, std::string_view text, const std::vector<webhook_digest>& signatures)
{
    bool found = false;
    for (const webhook_secret& secret : secrets)
    {
        const webhook_digest ours = core::hmac_sha256(secret.key(), text);
        for (const webhook_digest& theirs : signatures)
            found |= CRYPTO_memcmp(ours.data(), theirs.data(), ours.size()) == 0;
    }
    return found;
}

/// Ids of authentic messages, each with the time of its latest attempt.
class seen_ids
{
public:
    explicit seen_ids(std::size_t ids_max) : ids_max_(ids_max) {}

    /// A message of before `oldest` is refused as expired, so what is older can be forgotten.
    webhook_verdict take(std::string_view id, std::chrono::sys_seconds sent, std::chrono::sys_seconds oldest)
    {
        forget(oldest);
        if (sent <= forgotten_)
            return webhook_verdict::expired; // the clock was set back: whether it was here before is no longer known
        const auto found = latest_.find(id);
        if (found == latest_.end())
        {
            if (latest_.size() >= ids_max_)
                return webhook_verdict::overloaded;
            remember(id, sent);
            return webhook_verdict::accepted;
        }
        if (sent <= found->second)
            return webhook_verdict::replayed;
        auto moved = by_time_.extract({found->second, found->first});
        moved.value().first = sent;
        by_time_.insert(std::move(moved));
        found->second = sent;
        return webhook_verdict::repeated;
    }

private:
    void remember(std::string_view id, std::chrono::sys_seconds sent)
    {
        const auto made = latest_.emplace(id, sent).first;
        try
        {
            by_time_.emplace(sent, made->first);
        }
        catch (...)
        {
            latest_.erase(made); // else nothing would ever forget it
            throw;
        }
    }

    void forget(std::chrono::sys_seconds oldest)
    {
        while (!by_time_.empty() && by_time_.begin()->first < oldest)
        {
            forgotten_ = by_time_.begin()->first;
            const auto found = latest_.find(by_time_.begin()->second);
            by_time_.erase(by_time_.begin()); // first: its text is that of the id
            latest_.erase(found);
        }
    }

    std::size_t ids_max_;
    std::map<std::string, std::chrono::sys_seconds, std::less<>> latest_;
    std::set<std::pair<std::chrono::sys_seconds, std::string_view>> by_time_;
    std::chrono::sys_seconds forgotten_{}; ///< an id of this time was forgotten, none of a later one
};
}

class webhook_verifier::memory
{
public:
    memory(shared_secrets secrets, std::chrono::seconds tolerance, std::size_t ids_max)
        : secrets_(std::move(secrets)), tolerance_(tolerance), seen_(ids_max)
    {
    }

    webhook_verdict verify(const webhook_headers& headers, std::string_view raw_body, std::chrono::sys_seconds now)
    {
        const auto sent = read_timestamp(headers.timestamp);
        if (!sent || !core::is_message_id(headers.id) || headers.signature.size() > signature_header_bytes_max)
            return webhook_verdict::malformed;
        const std::optional<std::vector<webhook_digest>> signatures = read_signatures(headers.signature);
        if (!signatures)
            return webhook_verdict::malformed;
        if (now - *sent > tolerance_)
            return webhook_verdict::expired;
        if (*sent - now > tolerance_)
            return webhook_verdict::early;
        if (!is_authentic(*secrets(), core::signed_text(headers.id, headers.timestamp, raw_body), *signatures))
            return webhook_verdict::bad_signature;
        const std::lock_guard lock(mutex_);
        return seen_.take(headers.id, *sent, now - tolerance_);
    }

    void trust(shared_secrets secrets)
    {
        const std::lock_guard lock(mutex_);
        secrets_.swap(secrets);
    }

    std::array<std::atomic<std::uint64_t>, webhook_verdicts> counts{};

private:
    shared_secrets secrets()
    {
        const std::lock_guard lock(mutex_);
        return secrets_;
    }

    std::mutex mutex_;
    shared_secrets secrets_;
    const std::chrono::seconds tolerance_;
    seen_ids seen_;
};

std::string_view name_of(webhook_verdict verdict) noexcept
{
    static constexpr std::array<std::string_view, webhook_verdicts> names{"accepted", "repeated", "replayed",      "malformed",
                                                                          "expired",  "early",    "bad_signature", "overloaded"};
    const auto at = static_cast<std::size_t>(verdict);
    return at < names.size() ? names[at] : std::string_view("?");
}

webhook_verifier::webhook_verifier(webhook_verifier_options options)
{
    if (options.tolerance <= std::chrono::seconds(0) || options.tolerance > tolerance_max)
        throw engine_error(errc::bad_value, "the tolerance of a webhook_verifier is 1 second to 24 hours: 300 seconds are usual");
    if (options.ids_max == 0)
        throw engine_error(errc::bad_value, "a webhook_verifier that may remember no id would refuse everything: raise ids_max");
    memory_ = std::make_unique<memory>(checked(std::move(options.secrets)), options.tolerance, options.ids_max);
}

webhook_verifier::~webhook_verifier() = default;

webhook_verdict webhook_verifier::verify(const webhook_headers& headers, std::string_view raw_body,
                                         std::chrono::system_clock::time_point now)
{
    const webhook_verdict verdict = memory_->verify(headers, raw_body, std::chrono::floor<std::chrono::seconds>(now));
    memory_->counts[static_cast<std::size_t>(verdict)].fetch_add(1, std::memory_order_relaxed);
    return verdict;
}

void webhook_verifier::trust(std::vector<webhook_secret> secrets) { memory_->trust(checked(std::move(secrets))); }

std::uint64_t webhook_verifier::count(webhook_verdict verdict) const noexcept
{
    const auto at = static_cast<std::size_t>(verdict);
    return at < webhook_verdicts ? memory_->counts[at].load(std::memory_order_relaxed) : 0;
}
}
