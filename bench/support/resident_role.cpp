#include "support/process_meters.hpp"
#include "support/scale_roles.hpp"
#include "support/scale_work.hpp"
#include "support/starts.hpp"

#include <everstep/engine.hpp>

#include <iostream>
#include <malloc.h>
#include <stdexcept>
#include <string>
#include <string_view>

namespace everstep::bench
{
namespace
{
/// Enough for a frame to be made, which waits for nobody yet.
class no_run final : public detail::run_link
{
public:
    void start(detail::branch&, detail::operation&) override {}
    std::int64_t now_us() const noexcept override { return 0; }
    std::uint64_t random() noexcept override { return 0; }
    std::uint32_t open_saga() noexcept override { return 0; }
    void release_saga(std::uint32_t) noexcept override {}
    void pass_pivot(std::uint32_t) override {}
    bool take_signal(std::string_view, std::string_view&) override { return false; }
    void set_state(std::string_view, std::string_view) override {}
    std::uint32_t history_entries() const noexcept override { return 0; }
    std::string_view workflow_name(void (*)()) const override { return {}; }
    std::pair<std::string, std::string> promise_names(std::string_view) const override { return {}; }
    services& given() const noexcept override { return services_; }
    std::string_view run_id() const noexcept override { return {}; }

private:
    mutable services services_;
};

/// With the allocator's own word: what the heap counts for it.
std::size_t frame_bytes(workload function, const order& input)
{
    no_run none;
    context ctx(none);
    detail::branch at{&none, {}};
    constexpr detail::workflow_traits traits = detail::traits_for<receipt, void, order>::value;
    const auto made = traits.create(traits, reinterpret_cast<detail::function_key>(function), ctx, at, encode(input));
    const std::size_t bytes = ::malloc_usable_size(made.address()) + sizeof(std::size_t);
    made.destroy();
    return bytes;
}

struct level
{
    double heap;
    double anonymous;
};

level level_now()
{
    wait_for_rest();
    return {static_cast<double>(heap_bytes()), static_cast<double>(anonymous_bytes())};
}
}

int play_resident(std::span<char* const> arguments)
{
    if (arguments.size() != 3)
        throw std::invalid_argument("resident DIRECTORY nap|checkout RUNS");
    const bool naps = std::string_view(arguments[1]) == "nap";
    const workload function = naps ? &nap : &slow_checkout;
    const order input = naps ? order{} : make_order(0); // short strings lie in the frame
    const std::size_t runs = std::stoul(arguments[2]);

    engine_options options;
    options.journal = arguments[0];
    options.resident_wait_max = std::chrono::hours(2);
    engine shop(options);
    shop.add("reception", &reception);
    shop.add(workflow_name, function);
    shop.open();
    start_runs(shop, &reception, input, 1,
               runs); // as many that end, so that queues, pools and LMDB have what they keep
    const level before = level_now();
    start_runs(shop, function, input, 1, runs);
    const level after = level_now();
    if (shop.metrics().runs_resident != runs)
        throw std::runtime_error("runs are not in memory: " + std::to_string(shop.metrics().runs_resident));

    const auto count = static_cast<double>(runs);
    std::cout << "frame " << frame_bytes(function, input) << '\n'
              << "heap " << (after.heap - before.heap) / count << '\n'
              << "anonymous " << (after.anonymous - before.anonymous) / count << std::endl;
    std::cin.get();
    return 0;
}
}
