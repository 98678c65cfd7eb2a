#include "everstep/nap.hpp"

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace everstep::bench::peers
{
workflow<receipt> nap_between_steps(context& ctx, order o)
{
    auto& shop = ctx.use<desk>();
    const auto nap = std::chrono::duration_cast<std::chrono::microseconds>(ctx.use<nap_length>().value);
    const std::uint32_t slot = o.slot;
    co_await ctx.step("charge", [&] { return shop.serve(slot, 0); });
    co_await ctx.step("reserve", [&] { return shop.serve(slot, 1); });
    co_await ctx.sleep_for(nap);
    co_await ctx.step("pick", [&] { return shop.serve(slot, 2); });
    co_await ctx.step("ship", [&] { return shop.serve(slot, 3); });
    co_return co_await ctx.step("notify", [&] { return shop.serve(slot, 4); });
}

void start_naps(engine& shop, std::uint64_t ids, std::size_t runs)
{
    constexpr std::size_t callers = 16;
    std::atomic<std::size_t> next{0};
    std::mutex mutex; // guards failure
    std::exception_ptr failure;
    const auto call = [&]
    {
        try
        {
            for (std::size_t i = next++; i < runs; i = next++)
                shop.start(&nap_between_steps, random_run_id(ids + i), make_order(static_cast<std::uint32_t>(i)));
        }
        catch (...)
        {
            next = runs;
            const std::lock_guard lock(mutex);
            failure = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> all;
        for (std::size_t i = 0; i < callers; ++i)
            all.emplace_back(call);
    }
    if (failure)
        std::rethrow_exception(failure);
}
}
