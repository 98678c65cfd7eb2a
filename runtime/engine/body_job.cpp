#include "engine/body_job.hpp"

#include "engine/thrown.hpp"

#include <everstep/error.hpp>

#include <algorithm>
#include <cxxabi.h>
#include <typeinfo>

namespace everstep::core
{
namespace
{
/// What a body says about its failure goes into the journal with every attempt, so it is bounded.
constexpr std::size_t code_bytes_max = 256;
constexpr std::size_t text_bytes_max = 4096;

std::string cut(std::string text, std::size_t bytes_max)
{
    if (text.size() <= bytes_max)
        return text;
    std::size_t keep = bytes_max;
    // Never in the middle of a UTF-8 character.
    while (keep > 0 && (static_cast<unsigned char>(text[keep]) & 0xC0) == 0x80)
        --keep;
    text.resize(keep);
    return text;
}

std::string text_of(const std::exception& e)
{
    const char* what = e.what();
    return what != nullptr ? what : "";
}
}

void body_job::shed() noexcept
{
    constexpr std::size_t kept_bytes_max = 4096; // a giant's memory is not kept
    for (std::string* one : {&encoded, &code, &text})
        if (one->capacity() > kept_bytes_max)
            std::string().swap(*one);
        else
            one->clear();
    attempt_.reset();
    stop_ = std::stop_source(std::nostopstate);
    end = body_end::value;
    delay = {};
    slot = 0;
    via = nullptr;
    undo_of = {};
    is_undo = false;
    detached.reset();
}

void body_job::begin_anew(detail::operation& op, std::string token, std::uint32_t number, bool shows_attempt)
{
    op_ = &op;
    if (shows_attempt)
        stop_ = std::stop_source();
    attempt_.emplace(std::move(token), number, stop_.get_token(), given_, payload_bytes_max_);
}

/// What it has handed out may live on, and does nothing from here on.
void body_job::body_ended() noexcept
{
    if (detail::heart* const heart = attempt_->heart())
        heart->end();
}

void body_job::run() noexcept
{
    try
    {
        if (is_undo)
        {
            op_->traits().undo(*attempt_, given_, undo_of);
            encoded = "null";
        }
        else if (detached)
            detached->body->run(*attempt_, encoded);
        else
            op_->traits().run(*op_, *attempt_, encoded);
        end = body_end::value;
        check_size();
    }
    catch (...)
    {
        // Null for an exception of another language: the C++ runtime cannot hold it.
        keep(std::current_exception());
    }
    body_ended();
}

void body_job::transact(transaction& with) noexcept
{
    encoded.clear(); // of a call before, whose rows could not be written
    try
    {
        if (is_undo)
        {
            op_->traits().undo_transact(with, undo_of);
            encoded = "null";
        }
        else
            op_->traits().transact(*op_, with, encoded);
        end = body_end::value;
        check_size();
    }
    catch (...)
    {
        keep(std::current_exception());
    }
}

void body_job::spawn(void* executor) noexcept
{
    try
    {
        op_->traits().spawn(*op_, *attempt_, executor, *this);
    }
    catch (...)
    {
        threw(std::current_exception());
    }
}

void body_job::succeeded(std::string result)
{
    encoded = std::move(result);
    end = body_end::value;
    try
    {
        check_size();
    }
    catch (...)
    {
        keep(std::current_exception());
    }
    hand_back();
}

void body_job::threw(std::exception_ptr error)
{
    keep(error);
    hand_back();
}

void body_job::hand_back() noexcept
{
    body_ended();
    body_job* self = this;
    (via != nullptr ? *via : home_).take_back({&self, 1});
}

void body_job::check_size()
{
    if (encoded.size() <= payload_bytes_max_)
        return;
    throw permanent_error{"limit", "the result has " + std::to_string(encoded.size()) + " bytes, the limit is " +
                                       std::to_string(payload_bytes_max_) +
                                       ": return less, keep the rest elsewhere and return where it lies, or raise "
                                       "engine_options::payload_bytes_max"};
}

void body_job::keep(const std::exception_ptr& error) noexcept
{
    end = body_end::failed;
    std::string().swap(encoded);
    try
    {
        sort_out(error);
        code = cut(std::move(code), code_bytes_max);
        text = cut(std::move(text), text_bytes_max);
    }
    catch (...)
    {
        // No memory to say it: both fit into the strings themselves.
        code = "std::bad_alloc";
        text = "no memory";
    }
}

void body_job::sort_out(const std::exception_ptr& error)
{
    if (!error)
    {
        code = "foreign";
        text = "threw something that is no C++ exception";
        return;
    }
    try
    {
        std::rethrow_exception(error);
    }
    catch (const permanent_error& e)
    {
        end = body_end::permanent;
        code = e.code();
        text = e.text();
    }
    catch (const retry_after& e)
    {
        end = body_end::later;
        delay = std::max(e.delay(), std::chrono::milliseconds{0});
        code = e.code();
        text = e.text();
    }
    catch (const codec_error& e)
    {
        end = body_end::permanent;
        code = name_of(errc::bad_value);
        text = e.text();
    }
    catch (const everstep::error& e)
    {
        code = e.code();
        text = e.text();
    }
    catch (const std::exception& e)
    {
        code = readable_type(typeid(e).name());
        text = text_of(e);
    }
    catch (const cancelled& e)
    {
        code = "cancelled";
        text = e.reason;
    }
    catch (...)
    {
        const std::type_info* type = abi::__cxa_current_exception_type();
        code = type != nullptr ? readable_type(type->name()) : "unknown";
        text = "threw a value of type " + code + ", which is no std::exception";
    }
}
}
