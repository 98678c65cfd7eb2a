#include "support/scale_work.hpp"

#include <array>
#include <stdexcept>
#include <string_view>

namespace everstep::bench
{
namespace
{
constexpr std::array<std::string_view, 1> sleeper_steps{"charge"};

constexpr auto march_steps = []
{
    std::array<std::string_view, march_steps_max> names;
    names.fill("serve");
    return names;
}();

run_shape unfinished_shape(const char* name, std::span<const std::string_view> steps, const order& input)
{
    return {.workflow = name,
            .file = "scale_work.cpp",
            .step_type = type_name<receipt>(),
            .run_type = type_name<receipt>(),
            .steps = steps,
            .input = encode(input),
            .result = encode(make_receipt()),
            .ends = false};
}

run_shape sleeper_shape(const char* name, std::int64_t hours)
{
    run_shape made = unfinished_shape(name, sleeper_steps, make_order(0));
    made.sleeps = std::chrono::microseconds(std::chrono::hours(hours)).count();
    return made;
}
}

workflow<receipt> nap(context& ctx, order)
{
    co_await ctx.sleep_for(std::chrono::hours(1));
    co_return receipt();
}

workflow<receipt> slow_checkout(context& ctx, order)
{
    co_await ctx.step("charge", [] { return make_receipt(); });
    co_await ctx.step("reserve", [] { return make_receipt(); });
    co_await ctx.sleep_for(std::chrono::hours(1));
    co_await ctx.step("pick", [] { return make_receipt(); });
    co_await ctx.step("ship", [] { return make_receipt(); });
    co_return co_await ctx.step("notify", [] { return make_receipt(); });
}

workflow<receipt> march(context& ctx, order o)
{
    auto& gate = ctx.use<turnstile>();
    for (std::int32_t i = 0; i < o.quantity; ++i)
        co_await ctx.step("serve", [&] { return gate.pass(); });
    co_await ctx.wait_forever();
    co_return receipt();
}

run_shape long_sleeper_shape() { return sleeper_shape(long_sleeper_name, hours_of_years); }
run_shape due_sleeper_shape() { return sleeper_shape(due_sleeper_name, 1); }

run_shape march_shape(std::size_t recorded, std::size_t steps)
{
    if (recorded > march_steps_max)
        throw std::logic_error("a march of the journal has fewer steps");
    order input = make_order(0);
    input.quantity = static_cast<std::int32_t>(steps);
    return unfinished_shape(march_name, std::span(march_steps).first(recorded), input);
}
}
