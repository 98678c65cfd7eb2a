#include "trip.hpp"

#include "reservations.hpp"

#include <everstep/saga.hpp>

#include <exception>

using namespace std::chrono_literals;
using everstep::all, everstep::attempt, everstep::services, everstep::step_options;

namespace travel
{
namespace
{
constexpr step_options no_wait{.place = everstep::step_place::shard};
constexpr step_options trying{.retry = {.first = 50ms, .longest = 500ms, .attempts = 0, .total = 10s}};
// For as long as it takes: a reservation that is not confirmed in time is refused by then.
constexpr step_options confirming{.retry = {.first = 50ms, .longest = 5s, .attempts = 0}};

/// One of them that is down holds up the other no longer than it takes to find out. What is thrown has both done again.
void cancel_both(const services& use, const std::string& token)
{
    std::exception_ptr failed;
    for (const reservations* one : {static_cast<const reservations*>(&use.get<hotel>()), static_cast<const reservations*>(&use.get<airline>())})
        try
        {
            one->cancel(token);
        }
        catch (...)
        {
            failed = std::current_exception();
        }
    if (failed)
        std::rethrow_exception(failed);
}
}

// There is no point of no return here, as two-phase commit has one: a confirm may be refused when the other one is done, and then that is cancelled,
// too. So until the run has ended, whatever stops it (a refusal, a cancel) cancels both.
everstep::workflow<void> book(everstep::context& ctx, trip wanted)
{
    everstep::saga undo{ctx};

    // The token is in the journal before anybody is asked, so that a try of which nothing was heard is cancelled as well, if it came or not.
    const std::string token = co_await undo.step("begin", no_wait,
        [](attempt& a) { return a.token(); },
        [](attempt&, services& use, const std::string& begun) { cancel_both(use, begun); });

    co_await all(ctx.step("try room", trying, [&](attempt& a) { a.use<hotel>().try_it(token, wanted.room); }),
                 ctx.step("try seat", trying, [&](attempt& a) { a.use<airline>().try_it(token, wanted.seat); }));

    co_await all(ctx.step("confirm room", confirming, [&](attempt& a) { a.use<hotel>().confirm(token); }),
                 ctx.step("confirm seat", confirming, [&](attempt& a) { a.use<airline>().confirm(token); }));
}
}
