// The program that the kill loop kills: runs of every kind, started, answered and cancelled without pause, and everything that happens
// goes to the effect log.
//
//     victim_main <folder>            until it is killed; writes "open\n" when the engine has opened
//     victim_main <folder> --drain    until every run has ended or waits without end; exit status 0

#include "effect_log.hpp"
#include "sanitized.hpp"
#include "victim_script.hpp"

#include <everstep/async.hpp>
#include <everstep/engine.hpp>
#include <everstep/fiber.hpp>
#include <everstep/saga.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <cstdio>
#include <exception>
#include <thread>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr retry_policy quick{.first = 1ms, .longest = 4ms, .attempts = 4};
constexpr step_options on_pool{.retry = quick};
constexpr step_options on_shard{.retry = quick, .place = step_place::shard};
constexpr step_options on_fiber{.retry = quick, .place = knows_fibers ? step_place::fiber : step_place::pool};

/// Customers, and what fibers wait for.
struct world
{
    effect_log& log;
    asio::io_context& io;
};

/// Where a body stands: its run, its position in the script, and that of its undo.
struct spot
{
    std::uint32_t run{};
    std::uint32_t position{};
    std::uint32_t undo{};
};

/// One execution of a body, from its first line to its last.
class execution
{
public:
    execution(world& in, const spot& at, const attempt& a) : in_(in), at_(at), attempt_(a.number())
    {
        in_.log.write(deed::body_began, at_.run, at_.position, attempt_);
    }
    traced end()
    {
        const std::uint64_t value = in_.log.unique();
        in_.log.write(deed::body_ended, at_.run, at_.position, attempt_, value);
        return {at_.run, at_.undo, value, microseconds_of(CLOCK_REALTIME)};
    }
    void threw() { in_.log.write(deed::body_threw, at_.run, at_.position, attempt_); }

private:
    world& in_;
    spot at_;
    std::uint32_t attempt_;
};

traced body(world& in, const spot& at, const attempt& a)
{
    execution now(in, at, a);
    return now.end();
}

/// Takes a moment, so that kills find it running.
traced blocking_body(world& in, const spot& at, const attempt& a)
{
    execution now(in, at, a);
    std::this_thread::sleep_for(std::chrono::microseconds(at.run % 7 * 100));
    return now.end();
}

traced stoppable_body(world& in, const spot& at, const attempt& a)
{
    execution now(in, at, a);
    for (int n = 0; n < 10 && !a.stop().stop_requested(); ++n)
        std::this_thread::sleep_for(100us);
    return now.end();
}

traced waiting_body(world& in, const spot& at, const attempt& a)
{
    execution now(in, at, a);
    asio::steady_timer moment(in.io, std::chrono::microseconds(200));
    moment.async_wait(fiber_yield);
    return now.end();
}

asio::awaitable<traced> awaited_body(world& in, spot at, const attempt& a)
{
    execution now(in, at, a);
    asio::steady_timer moment(co_await asio::this_coro::executor, std::chrono::microseconds(100));
    co_await moment.async_wait(asio::use_awaitable);
    co_return now.end();
}

constexpr auto undo_it = [](attempt& a, services& use, const traced& done) {
    body(use.get<world>(), {done.run, done.undo_position, 0}, a);
};

workflow<std::uint64_t, std::uint64_t> places(context& ctx, victim_order o)
{
    auto& in = ctx.use<world>();
    const traced first = co_await ctx.step("pool", on_pool, [&](attempt& a) { return blocking_body(in, {o.number, 1}, a); });
    const traced second = co_await ctx.step("shard", on_shard, [&](attempt& a) { return body(in, {o.number, 2}, a); });
    const traced third = co_await ctx.step("fiber", on_fiber, [&](attempt& a) { return waiting_body(in, {o.number, 3}, a); });
    const traced fourth = co_await ctx.step("awaitable", on_pool, [&](attempt& a) { return awaited_body(in, {o.number, 4}, a); });
    co_return folded(folded(folded(folded(0, first.value), second.value), third.value), fourth.value);
}

workflow<std::uint64_t, std::uint64_t> order(context& ctx, victim_order o)
{
    auto& in = ctx.use<world>();
    const traced paid = co_await ctx.step("charge", [&](attempt& a) { return blocking_body(in, {o.number, 1}, a); });
    std::uint64_t sum = folded(0, paid.value);
    co_await ctx.reply(sum);
    co_await ctx.sleep_for(3ms);
    const traced reserved = co_await ctx.step("reserve", on_fiber, [&](attempt& a) { return waiting_body(in, {o.number, 4}, a); });
    sum = folded(sum, reserved.value);
    const context::time_point truck_comes(std::chrono::microseconds(reserved.wall_us) + 2ms);
    co_await ctx.sleep_until(truck_comes);
    const traced shipped = co_await ctx.step("ship", [&](attempt& a) { return body(in, {o.number, 6}, a); });
    co_return folded(sum, shipped.value);
}

workflow<std::uint64_t, std::uint64_t> truck(context& ctx, victim_order o)
{
    auto& in = ctx.use<world>();
    saga undo{ctx};
    co_await undo.step("charge", on_pool, [&](attempt& a) { return blocking_body(in, {o.number, 1, 7}, a); }, undo_it);
    co_await undo.step("reserve", on_shard, [&](attempt& a) { return body(in, {o.number, 2, 6}, a); }, undo_it);
    co_await undo.step("pack", on_fiber, [&](attempt& a) { return waiting_body(in, {o.number, 3, 5}, a); }, undo_it);
    co_await ctx.step("load", [&](attempt& a) {
        execution now(in, {o.number, 4}, a);
        now.threw();
        throw permanent_error{std::string(saga_failure), "there is no truck"};
    });
    co_return 0;
}

workflow<std::uint64_t, std::uint64_t> flaky(context& ctx, victim_order o)
{
    auto& in = ctx.use<world>();
    const traced first = co_await ctx.step("flaky", on_pool, [&](attempt& a) {
        execution now(in, {o.number, 1}, a);
        if (a.number() >= 3)
            return now.end();
        now.threw();
        throw a.number();
    });
    const traced second = co_await ctx.step("steady", on_shard, [&](attempt& a) { return body(in, {o.number, 2}, a); });
    co_return folded(folded(0, first.value), second.value);
}

workflow<std::uint64_t, std::uint64_t> hold(context& ctx, victim_order o)
{
    auto& in = ctx.use<world>();
    saga undo{ctx};
    const traced held = co_await undo.step("hold", [&](attempt& a) { return body(in, {o.number, 1, 3}, a); }, undo_it);
    const std::uint64_t sum = folded(0, held.value);
    co_await ctx.reply(sum);
    co_await ctx.wait_forever();
    co_return sum;
}

workflow<traced> part(context& ctx, const spot& at, const std::string& name)
{
    auto& in = ctx.use<world>();
    const traced done = co_await ctx.step(name, [&](attempt& a) { return body(in, at, a); });
    co_await ctx.sleep_for(1ms);
    co_return done;
}

workflow<std::uint64_t, std::uint64_t> parts(context& ctx, victim_order o)
{
    auto& in = ctx.use<world>();
    const spot one{o.number, 1};
    const spot two{o.number, 3};
    const std::string left = "left";
    const std::string right = "right";
    const traced first = co_await part(ctx, one, left);
    const traced second = co_await part(ctx, two, right);
    const traced join = co_await ctx.step("join", on_shard, [&](attempt& a) { return body(in, {o.number, 5}, a); });
    co_return folded(folded(folded(0, first.value), second.value), join.value);
}

workflow<std::uint64_t, std::uint64_t> detour(context& ctx, victim_order o)
{
    auto& in = ctx.use<world>();
    saga undo{ctx};
    const traced first = co_await undo.step("first", [&](attempt& a) { return body(in, {o.number, 1, 3}, a); }, undo_it);
    const step_options twice{.retry = {.first = 1ms, .attempts = 2}};
    bool failed = false;
    try
    {
        co_await ctx.step("doomed", twice, [&](attempt& a) {
            execution now(in, {o.number, 2}, a);
            now.threw();
            throw std::runtime_error("as ever");
        });
    }
    catch (const step_failed&)
    {
        failed = true;
    }
    if (failed)
        co_await undo.compensate();
    const traced after = co_await ctx.step("after", [&](attempt& a) { return body(in, {o.number, 4}, a); });
    co_return folded(folded(0, first.value), after.value);
}

workflow<std::uint64_t, std::uint64_t> race(context& ctx, victim_order o)
{
    auto& in = ctx.use<world>();
    saga undo{ctx};
    const traced slow = co_await undo.step("slow", [&](attempt& a) { return stoppable_body(in, {o.number, 1, 5}, a); }, undo_it);
    co_await ctx.sleep_for(1ms);
    const traced rest = co_await undo.step("rest", [&](attempt& a) { return body(in, {o.number, 3, 4}, a); }, undo_it);
    co_return folded(folded(0, slow.value), rest.value);
}

using victim_workflow = workflow<std::uint64_t, std::uint64_t> (*)(context&, victim_order);
constexpr std::array<victim_workflow, victim_kinds> workflows{places, order, truck, flaky, hold, parts, detour, race};

/// Somebody who starts runs and notes what they are told.
class customers
{
public:
    customers(engine& shop, effect_log& log, asio::io_context& io) : shop_(shop), log_(log), io_(io) {}

    /// First what the last life left behind, then new runs, until the process is killed.
    void come(std::uint32_t how_many)
    {
        const std::uint32_t known = log_.runs();
        next_old_ = known > how_many * 2 ? known - how_many * 2 : 0;
        end_old_ = known;
        for (std::uint32_t n = 0; n < how_many; ++n)
            asio::co_spawn(io_, buy_on(), must_not_throw);
    }
    void drain(std::uint32_t how_many)
    {
        end_old_ = log_.runs();
        for (std::uint32_t n = 0; n < how_many; ++n)
            asio::co_spawn(io_, finish_on(), must_not_throw);
    }

private:
    using handle = run<std::uint64_t, std::uint64_t>;

    static void must_not_throw(std::exception_ptr failure)
    {
        if (!failure)
            return;
        try
        {
            std::rethrow_exception(failure);
        }
        catch (const std::exception& e)
        {
            std::fprintf(stderr, "victim: a customer was refused: %s\n", e.what());
        }
        std::_Exit(3);
    }

    asio::awaitable<void> buy_on()
    {
        asio::steady_timer moment(io_);
        for (;;)
        {
            if (next_old_ == end_old_ && (log_.is_nearly_full() || shop_.metrics().runs_resident > 300))
            {
                moment.expires_after(1ms);
                co_await moment.async_wait(asio::use_awaitable);
                continue;
            }
            const std::uint32_t run = next_old_ < end_old_ ? next_old_++ : log_.new_run();
            co_await buy(run);
        }
    }

    asio::awaitable<void> buy(std::uint32_t run)
    {
        const victim_order input = input_of(run);
        handle bought = co_await shop_.async_start(workflows[kind_of(run)], id_of(run), input, asio::use_awaitable);
        log_.write(deed::told_started, run);
        co_await see_through(run, bought);
    }

    asio::awaitable<void> see_through(std::uint32_t run, handle& bought)
    {
        if (has_reply(run))
            co_await note_answer(run, bought, deed::told_reply);
        if (is_cancelled(run))
        {
            const std::string reason = "changed their mind";
            co_await bought.async_cancel(reason, asio::use_awaitable);
            log_.write(deed::told_cancelled, run);
        }
        if (!waits_for_ever(run))
            co_await note_answer(run, bought, deed::told_result);
    }

    asio::awaitable<void> note_answer(std::uint32_t run, handle& bought, deed what)
    {
        try
        {
            const std::uint64_t value = what == deed::told_reply ? co_await bought.async_reply(asio::use_awaitable)
                                                                 : co_await bought.async_result(asio::use_awaitable);
            log_.write(what, run, 0, 0, value);
        }
        catch (const run_failed& e)
        {
            log_.write(deed::told_failed, run, 0, 0, hash_of(e.code()));
        }
    }

    asio::awaitable<void> finish_on()
    {
        while (next_old_ < end_old_)
        {
            const std::uint32_t run = next_old_++;
            handle bought = shop_.run(workflows[kind_of(run)], id_of(run));
            bool exists = true;
            try
            {
                co_await bought.async_status(asio::use_awaitable);
            }
            catch (const engine_error& e)
            {
                if (e.why() != errc::not_found)
                    throw;
                exists = false;
            }
            if (!exists)
                continue;
            if (run % 16 == 0)
                co_await ask_for_another(run);
            co_await see_through(run, bought);
        }
    }

    /// The same id with another input must be refused.
    asio::awaitable<void> ask_for_another(std::uint32_t run)
    {
        victim_order other = input_of(run);
        ++other.salt;
        bool refused = false;
        try
        {
            co_await shop_.async_start(workflows[kind_of(run)], id_of(run), other, asio::use_awaitable);
        }
        catch (const engine_error& e)
        {
            refused = e.why() == errc::conflict;
        }
        if (!refused)
            throw std::runtime_error("run " + id_of(run) + " was given another input");
    }

    engine& shop_;
    effect_log& log_;
    asio::io_context& io_;
    std::uint32_t next_old_{};
    std::uint32_t end_old_{};
};

int live(const std::string& folder, bool drains)
{
    effect_log log(folder + "/effects");
    log.begin_epoch();
    asio::io_context io(1);
    world outside{log, io};
    engine_options options;
    options.journal = folder + "/journal";
    options.crash_loop_deaths = 0;
    options.shards = 2;
    options.pool_threads_max = 16;
    options.fiber_threads = 1;
    options.map_bytes = 512u << 20;
    engine shop(options);
    shop.provide(outside);
    for (std::uint32_t kind = 0; kind < victim_kinds; ++kind)
        shop.add(std::string(script_of(kind).workflow), workflows[kind]);
    shop.open();
    std::fputs("open\n", stdout);
    std::fflush(stdout);

    customers all(shop, log, io);
    if (drains)
        all.drain(64);
    else
        all.come(48);
    io.run();
    return 0;
}
}
}

int main(int count, char** arguments)
{
    try
    {
        return count < 2 ? 2 : everstep::test::live(arguments[1], count > 2);
    }
    catch (const std::exception& e)
    {
        std::fprintf(stderr, "victim: %s\n", e.what());
        return 1;
    }
}
