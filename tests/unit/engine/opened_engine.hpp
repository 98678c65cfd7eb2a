#pragma once

// An engine over a store in memory that outlives it, with a clock that the test moves, and callers that keep their answers.

#include "engine/engine_core.hpp"
#include "engine/manual_time.hpp"
#include "fake_host.hpp"
#include "store/memory_store.hpp"

#include <everstep/codec.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace everstep::core
{
/// Hands a store to an engine, and keeps it.
class lent_store final : public store::store
{
public:
    lent_store(std::shared_ptr<everstep::store::memory_store> of, std::atomic<int>& checks) : of_(std::move(of)), checks_(checks) {}
    void read(const std::function<void(const everstep::store::snapshot&)>& visit) const override { of_->read(visit); }
    everstep::store::space usage() const override { return of_->usage(); }
    std::uint32_t check_readers() override
    {
        ++checks_;
        return of_->check_readers();
    }

private:
    everstep::store::commit_result do_commit(std::span<const everstep::store::batch* const> parts, const late_parts& late) override
    {
        return of_->commit(parts, late);
    }
    std::shared_ptr<everstep::store::memory_store> of_;
    std::atomic<int>& checks_;
};

class opened_engine
{
public:
    static constexpr base::time_us begin_of_time = 1'000'000'000;

    explicit opened_engine(std::shared_ptr<store::memory_store> on = std::make_shared<store::memory_store>(), engine_options options = {},
                           std::chrono::milliseconds code_may_take = std::chrono::hours(1))
        : store(std::move(on))
    {
        if (options.journal.empty())
            options.journal = ":memory:";
        options.shards = 1;
        if (!options.log)
            options.log = [](const log_line&) {};
        detail::engine_parts parts;
        parts.make_store = [this](const engine_options&) { return std::make_unique<lent_store>(store, reader_checks); };
        parts.make_time = [this](const boost::asio::any_io_executor&) {
            auto made = std::make_unique<manual_time>(begin_of_time);
            time = made.get();
            return made;
        };
        parts.code_may_take = code_may_take;
        core = std::make_shared<detail::engine_core>(std::move(options), std::move(parts));
    }
    ~opened_engine() { close(); }
    opened_engine(const opened_engine&) = delete;
    opened_engine& operator=(const opened_engine&) = delete;

    void close()
    {
        while (!core->close(std::chrono::hours(1)).empty())
        {
        }
    }

    template <class Result, class Reply, class Input>
    opened_engine& add(std::string name, workflow<Result, Reply> (*function)(context&, Input))
    {
        core->workflows.add({.name = std::move(name), .function = test::fake_host::key_of(function),
                             .traits = detail::traits_for<Result, Reply, Input>::value, .version = 1});
        return *this;
    }
    std::shared_ptr<test::given_answer> send(detail::request what)
    {
        auto got = std::make_shared<test::given_answer>();
        detail::submit(core, std::move(what), std::make_unique<test::given_answer::end>(got));
        return got;
    }
    template <class Result, class Reply, class Input>
    std::shared_ptr<test::given_answer> start(workflow<Result, Reply> (*function)(context&, Input), const std::string& id,
                                              const std::type_identity_t<Input>& input)
    {
        return send({detail::request_kind::start, admission::wait, test::fake_host::key_of(function), id, encode(input)});
    }
    template <class Function>
    std::shared_ptr<test::given_answer> ask(detail::request_kind what, Function* function, const std::string& id)
    {
        return send({what, admission::wait, test::fake_host::key_of(function), id, {}});
    }

    std::shared_ptr<everstep::store::memory_store> store;
    std::atomic<int> reader_checks{};
    manual_time* time{};
    std::shared_ptr<detail::engine_core> core;
};
}
