// The compiled part of what a coroutine awaits: include/everstep/detail/operation.hpp, context.hpp, services.hpp.

#include "codec/utf8.hpp"

#include "engine/thrown.hpp"

#include <everstep/branches.hpp>
#include <everstep/context.hpp>
#include <everstep/detail/operation.hpp>
#include <everstep/services.hpp>

#include <array>
#include <cstdio>

namespace everstep::inline v0
{
void detail::operation::raise(const await_end& what, std::string_view step)
{
    if (what.what == await_end::kind::cancelled)
        throw cancelled{std::string(what.text)};
    if (what.what == await_end::kind::timed_out)
        throw timed_out(std::string(what.code), std::string(what.text), std::string(step), std::string(what.path), what.attempts);
    throw step_failed(std::string(what.code), std::string(what.text), std::string(step), std::string(what.path), what.attempts);
}

void detail::throw_timed_out(const op_name& name, std::int64_t us)
{
    throw timed_out("timed_out", "no result within " + std::to_string(us / 1000) + " ms", std::string(name.text()), {}, 0);
}

void detail::check_run_id(std::string_view id)
{
    constexpr std::size_t bytes_max = 255;
    if (id.empty() || id.size() > bytes_max)
        throw engine_error(errc::limit, "a run id has 1 to 255 bytes, this one has " + std::to_string(id.size()));
    if (utf8_error(id) != id.size())
        throw engine_error(errc::limit, "a run id is UTF-8 text");
}

std::string context::uuid()
{
    // RFC 9562, version 4: 122 random bits, four of version, two of variant.
    const std::uint64_t high = (random() & ~0xF000ull) | 0x4000ull;
    const std::uint64_t low = (random() & ~(3ull << 62)) | 1ull << 63;
    std::array<char, 37> text{};
    std::snprintf(text.data(), text.size(), "%08llx-%04llx-%04llx-%04llx-%012llx", static_cast<unsigned long long>(high >> 32),
                  static_cast<unsigned long long>(high >> 16 & 0xFFFF), static_cast<unsigned long long>(high & 0xFFFF),
                  static_cast<unsigned long long>(low >> 48), static_cast<unsigned long long>(low & 0xFFFFFFFFFFFF));
    return text.data();
}

void* services::find(const std::type_info& type) const
{
    const auto at = by_type_.find(type);
    if (at == by_type_.end())
        throw engine_error(errc::wrong_use, "no service of type " + core::readable_type(type.name()) +
                                                " was provided: call engine::provide before open");
    return at->second;
}

void services::insert(const std::type_info& type, void* service)
{
    if (!by_type_.emplace(type, service).second)
        throw engine_error(errc::wrong_use, "a service of type " + core::readable_type(type.name()) + " was provided already");
}
}
