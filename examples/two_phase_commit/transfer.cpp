#include "transfer.hpp"

#include "bank.hpp"

#include <everstep/saga.hpp>

#include <exception>

using namespace std::chrono_literals;
using everstep::all, everstep::attempt, everstep::permanent_error, everstep::services, everstep::step_options;

namespace money
{
namespace
{
/// What phase two has to know.
struct global_transfer
{
    std::string id;
    std::string from, to; ///< banks
};
BOOST_DESCRIBE_STRUCT(global_transfer, (), (id, from, to))

constexpr step_options no_wait{.place = everstep::step_place::shard};

/// Looks at the payment, and gives it the id under which both banks know it: the token is the same for every attempt, and nobody else's.
global_transfer begin(attempt& a, const payment& wanted)
{
    if (wanted.cents <= 0)
        throw permanent_error("no_payment", "a payment has at least one cent");
    if (wanted.from.bank == wanted.to.bank)
        throw permanent_error("one_bank", "within one bank it is one transaction of that bank, and needs nobody to coordinate it");
    const banks& known = a.use<banks>();
    return {a.token(), known.at(wanted.from.bank).name(), known.at(wanted.to.bank).name()};
}

/// Phase one: both banks at once. The first that says no, or is not heard of in time, ends it. (So two transfers that want the same accounts the
/// other way round hold each other up, for as long as they are patient.)
everstep::workflow<decision> vote(everstep::context& ctx, const global_transfer& t, const payment& wanted)
{
    const step_options ask_again{.retry = {.first = 50ms, .longest = 500ms, .attempts = 0, .total = wanted.patience}};
    decision made{.is_commit = true, .why = {}};
    try
    {
        co_await all(ctx.step("prepare debit", ask_again,
                              [&](attempt& a) { a.use<banks>().at(t.from).prepare(t.id, wanted.from.owner, -wanted.cents); }),
                     ctx.step("prepare credit", ask_again,
                              [&](attempt& a) { a.use<banks>().at(t.to).prepare(t.id, wanted.to.owner, wanted.cents); }));
    }
    catch (const everstep::step_failed& no)
    {
        made = {.is_commit = false, .why = no.text()};
    }
    co_return made;
}

/// Phase two: a bank that cannot now holds up no other. What is thrown has all of it done again, and a permanent error parks the run: that comes
/// last, when there is nothing left to try again.
void at_both(const services& use, const global_transfer& t, void (bank::*act)(const std::string&) const)
{
    std::exception_ptr failed;
    for (const std::string& name : {t.from, t.to})
        try
        {
            (use.get<banks>().at(name).*act)(t.id);
        }
        catch (const permanent_error&)
        {
            if (!failed)
                failed = std::current_exception();
        }
        catch (...)
        {
            failed = std::current_exception();
        }
    if (failed)
        std::rethrow_exception(failed);
}
}

// What must be done however this run goes on is the undo of a saga: it is tried without end, and no cancel interrupts it. Both ends of phase
// two are such undos, and which of them is there is what the journal says.
//
// If we die before the decision is in the journal, the votes that are recorded stand, the others are asked for again, and a bank that had
// prepared finds what it prepared. If we die after it, the banks that have not done so yet are told to commit.
everstep::workflow<void, decision> transfer(everstep::context& ctx, payment wanted)
{
    everstep::saga rolling_back{ctx}, committing{ctx};

    // Presumed abort: whatever ends this run from here on, and whether or not a bank was heard of, both roll back.
    const global_transfer t = co_await rolling_back.step("begin", no_wait,
        [&](attempt& a) { return begin(a, wanted); },
        [](attempt&, services& use, const global_transfer& begun) { at_both(use, begun, &bank::roll_back); });

    const decision made = co_await vote(ctx, t, wanted);
    if (made.is_commit)
    {
        // The point of no return is this entry. No bank hears of it before it is durable.
        co_await committing.step("decide to commit", no_wait,
            [&] { return t; },
            [](attempt&, services& use, const global_transfer& decided) { at_both(use, decided, &bank::commit); });
        rolling_back.release();
    }
    co_await ctx.reply(made); // whoever asked need not wait for a bank that is down now

    co_await committing.compensate();
    co_await rolling_back.compensate();
}
}
