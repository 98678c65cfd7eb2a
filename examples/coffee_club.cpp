// A process that goes on for years: a run that starts others, shows where it stands, answers requests, and never has a long history.
//
//     coffee_club [JOURNAL]         run it twice with the same directory: the second time everything is there already

#include <everstep/engine.hpp>

#include <chrono>
#include <iostream>
#include <string>

using namespace everstep;
using namespace std::chrono_literals;

struct plan
{
    std::string coffee;
    int bags{};
    int month{};
};
BOOST_DESCRIBE_STRUCT(plan, (), (coffee, bags, month))

struct change
{
    int bags{};
};
BOOST_DESCRIBE_STRUCT(change, (), (bags))

/// In one piece: steps print on threads of the engine.
void say(const std::string& line) { std::cout << line + "\n" << std::flush; }

constexpr auto month = 50ms; // would be 720h
constexpr int months = 3;

workflow<std::string> deliver(context& ctx, plan p)
{
    const std::string parcel = std::to_string(p.bags) + " bags of " + p.coffee + " in month " + std::to_string(p.month);
    co_await ctx.step("ship", [&] { say("ship " + parcel); });
    co_return parcel;
}

workflow<std::string> club(context& ctx, plan p)
{
    ctx.set_state("plan", p);
    if (p.month == 0) // nothing is sent before it is known how much
    {
        const auto asked = co_await ctx.receive_update<change, plan>("change");
        p.bags = asked->bags;
        co_await asked.answer(p);
    }
    const plan now{p.coffee, p.bags, p.month + 1};
    ctx.set_state("plan", now);
    const std::string sent = co_await ctx.call(deliver, std::string(ctx.run_id()) + "/" + std::to_string(now.month), now);
    if (now.month == months)
        co_return sent;
    co_await ctx.sleep_for(month);
    co_await ctx.continue_as_new(now); // the next month begins with an empty history
    co_return "never";
}

int main(int count, char** arguments)
{
    engine shop{{.journal = count > 1 ? arguments[1] : ":memory:"}};
    shop.add("club", club).add("deliver", deliver);
    shop.open();

    auto ann = shop.start(club, "ann", plan{"espresso", 1, 0});
    const plan agreed = ann.update<plan>("change", change{2}, {.id = "form-17"}); // the form may be sent twice
    say("agreed on " + std::to_string(agreed.bags) + " bags");
    say("the last parcel: " + ann.result());
    say("month " + std::to_string(ann.state<plan>("plan")->month) + ", " + std::to_string(shop.list({.workflow = "deliver"}).size()) + " parcels");

    auto bob = shop.start(club, "bob", plan{"filter", 1, 0});
    bob.pause({.why = "has moved", .who = "ann of support"});
    say("bob is " + bob.status().reason + ": " + bob.status().text);
    shop.order(run_order::terminate, {.workflow = "club", .state = run_state::parked}, {.why = "closed for good"});
    say("bob is " + std::string(name_of(bob.status().state)) + ": " + bob.status().text);
}
