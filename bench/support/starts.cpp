#include "support/starts.hpp"

#include "support/client.hpp"

#include <algorithm>
#include <latch>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

namespace everstep::bench
{
namespace
{
constexpr std::size_t at_once =
    100; // so few that LMDB does not keep pages of a large commit, which are nobody's memory

class acknowledged final : public detail::receiver
{
public:
    acknowledged(std::latch& all, std::atomic<bool>& refused) : all_(all), refused_(refused) {}
    void take(detail::answer&& a) noexcept override
    {
        if (a.what != detail::answer_kind::value)
            refused_ = true;
        all_.count_down();
    }

private:
    std::latch& all_;
    std::atomic<bool>& refused_;
};
}

void start_runs(engine& to, workload function, const order& input, std::uint64_t first, std::size_t count)
{
    std::atomic<bool> refused{};
    for (std::size_t begun = 0; begun < count;)
    {
        const std::size_t now = std::min(at_once, count - begun);
        std::latch all(static_cast<std::ptrdiff_t>(now));
        for (std::size_t i = 0; i < now; ++i)
            to.async_start(function, random_run_id(first + begun + i), input,
                           direct{std::make_unique<acknowledged>(all, refused)});
        all.wait();
        begun += now;
    }
    if (refused)
        throw std::runtime_error("a start was refused");
}
}
