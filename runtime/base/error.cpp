#include <everstep/error.hpp>

#include <utility>

namespace everstep::inline v0
{
std::string_view name_of(errc code) noexcept
{
    switch (code)
    {
    case errc::closed: return "closed";
    case errc::overloaded: return "overloaded";
    case errc::conflict: return "conflict";
    case errc::not_found: return "not_found";
    case errc::unknown: return "unknown";
    case errc::would_deadlock: return "would_deadlock";
    case errc::forked: return "forked";
    case errc::in_use: return "in_use";
    case errc::newer_format: return "newer_format";
    case errc::damaged: return "damaged";
    case errc::no_space: return "no_space";
    case errc::bad_directory: return "bad_directory";
    case errc::io: return "io";
    case errc::limit: return "limit";
    case errc::wrong_use: return "wrong_use";
    case errc::bad_value: return "bad_value";
    case errc::ended: return "ended";
    }
    return "unknown";
}

error::error(std::string code, std::string text) : code_(std::move(code)), text_(std::move(text)), what_(code_ + ": " + text_) {}

engine_error::engine_error(errc why, const std::string& text) : error(std::string(name_of(why)), text), why_(why) {}

engine_closed::engine_closed()
    : engine_error(errc::closed, "the engine is closed or gone: open one and look the run up by its id")
{
}

codec_error::codec_error(const std::string& text) : error(std::string(name_of(errc::bad_value)), text) {}

step_failed::step_failed(std::string code, std::string text, std::string step, std::string path, std::uint32_t attempts)
    : error(std::move(code), std::move(text)), step_(std::move(step)), path_(std::move(path)), attempts_(attempts)
{
}

no_reply::no_reply() : error("no_reply", "the run completed without a reply, and none can come") {}

retry_after::retry_after(std::chrono::milliseconds delay, std::string text)
    : error("retry_after", std::move(text)), delay_(delay)
{
}
}
