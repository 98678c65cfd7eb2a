// What a coroutine gets at its await, its uuid, and the services: the compiled part of the public side.

#include <everstep/context.hpp>
#include <everstep/error.hpp>
#include <everstep/services.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace everstep::core
{
namespace
{
class fixed_run final : public detail::run_link
{
public:
    explicit fixed_run(std::uint64_t random) : random_(random) {}
    void start(detail::branch&, detail::operation&) override {}
    std::int64_t now_us() const noexcept override { return 0; }
    std::uint64_t random() noexcept override { return random_; }
    std::uint32_t open_saga() noexcept override { return 1; }
    void release_saga(std::uint32_t) noexcept override {}
    void pass_pivot(std::uint32_t) override {}
    bool take_signal(std::string_view, std::string_view&) override { return false; }
    void set_state(std::string_view, std::string_view) override {}
    std::uint32_t history_entries() const noexcept override { return 0; }
    std::string_view workflow_name(void (*)()) const override { return {}; }
    std::pair<std::string, std::string> promise_names(std::string_view) const override { return {}; }
    services& given() const noexcept override { return given_; }
    std::string_view run_id() const noexcept override { return {}; }

private:
    std::uint64_t random_;
    mutable services given_;
};

detail::await_end failure(detail::await_end::kind what)
{
    return {.what = what, .slot = nullptr, .code = "no_stock", .text = "sold out", .path = "3", .attempts = 4};
}

std::optional<step_failed> failed_await(const detail::await_end& what)
{
    fixed_run run(0);
    context ctx(run);
    auto op = ctx.sleep_for(std::chrono::microseconds(1));
    op.deliver(what);
    try
    {
        op.await_resume();
    }
    catch (const step_failed& e)
    {
        return e;
    }
    return std::nullopt;
}

TEST(Operation, ValueRaisesNothing) { EXPECT_FALSE(failed_await(failure(detail::await_end::kind::value))); }

TEST(Operation, FailureIsStepFailedWithItsCode)
{
    EXPECT_EQ(failed_await(failure(detail::await_end::kind::failed)).value().code(), "no_stock");
}

TEST(Operation, FailureNamesTheStep)
{
    EXPECT_EQ(failed_await(failure(detail::await_end::kind::failed)).value().step(), "sleep_for");
}

TEST(Operation, FailureNamesThePath) { EXPECT_EQ(failed_await(failure(detail::await_end::kind::failed)).value().path(), "3"); }

TEST(Operation, FailureCountsAttempts) { EXPECT_EQ(failed_await(failure(detail::await_end::kind::failed)).value().attempts(), 4u); }

TEST(Operation, TimeOutIsTimedOut)
{
    fixed_run run(0);
    context ctx(run);
    auto op = ctx.sleep_for(std::chrono::microseconds(1));
    const detail::await_end late = failure(detail::await_end::kind::timed_out);
    op.deliver(late);
    EXPECT_THROW(op.await_resume(), timed_out);
}

TEST(Operation, CancelIsNoException)
{
    fixed_run run(0);
    context ctx(run);
    auto op = ctx.wait_forever();
    const detail::await_end what = failure(detail::await_end::kind::cancelled);
    op.deliver(what);
    std::string reason;
    try
    {
        op.await_resume();
    }
    catch (const std::exception&)
    {
        reason = "a std::exception";
    }
    catch (const cancelled& e)
    {
        reason = e.reason;
    }
    EXPECT_EQ(reason, "sold out");
}

TEST(Uuid, OnesOfRandomKeepVersionAndVariant)
{
    fixed_run run(~std::uint64_t{0});
    EXPECT_EQ(context(run).uuid(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

TEST(Uuid, ZeroesOfRandomKeepVersionAndVariant)
{
    fixed_run run(0);
    EXPECT_EQ(context(run).uuid(), "00000000-0000-4000-8000-000000000000");
}

TEST(Uuid, RandomBitsKeepTheirPlaces)
{
    fixed_run run(0x0123456789ABCDEFull);
    EXPECT_EQ(context(run).uuid(), "01234567-89ab-4def-8123-456789abcdef");
}

struct bank
{
    int cents{};
};

TEST(Services, ServiceIsFoundByItsType)
{
    bank one;
    services given;
    given.add(one);
    EXPECT_EQ(&given.get<bank>(), &one);
}

TEST(Services, MissingServiceIsNamed)
{
    services given;
    try
    {
        given.get<bank>();
        FAIL();
    }
    catch (const engine_error& e)
    {
        EXPECT_EQ(e.text(), "no service of type everstep::core::(anonymous namespace)::bank was provided: call engine::provide before open");
    }
}

TEST(Services, TypeIsProvidedOnce)
{
    bank one;
    bank other;
    services given;
    given.add(one);
    EXPECT_THROW(given.add(other), engine_error);
}
}
}
