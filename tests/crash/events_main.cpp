// The program that is killed in the middle of transactions, events, signals and branches: callers that publish, transfer, start and signal
// without pause, and subscriptions of each kind behind them.
//
//     events_main <folder> <life>            until it is killed; writes "open\n" when the engine has opened; lives are numbered from 1
//     events_main <folder> <life> --drain    until everything that was begun has come to its end; exit status 0

#include "events_script.hpp"

#include <everstep/engine.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <set>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

constexpr step_options on_shard{.place = step_place::shard};

std::uint64_t body(event_log& log, const event_order& o, std::uint32_t which)
{
    log.write(event_deed::began, o, which);
    if (which == 1)
        std::this_thread::sleep_for(std::chrono::microseconds(o.number % 7 * 100)); // so that kills find it running
    const std::uint64_t value = log.unique();
    log.write(event_deed::ended, o, which, value);
    return value;
}

/// One run an event.
workflow<std::uint64_t> fulfils(context& ctx, event_order o)
{
    auto& log = ctx.use<event_log>();
    const auto [one, two, left] = co_await all(ctx.step("one", [&] { return body(log, o, 1); }),
                                               ctx.step("two", on_shard, [&] { return body(log, o, 2); }),
                                               ctx.transact("move", [&](transaction& tx) { return transfer(tx, "fulfil/" + id_of(o)); }));
    const std::uint64_t last = co_await ctx.step("last", on_shard, [&] { return body(log, o, 3); });
    co_return folded_result(one, two, left, last);
}

workflow<std::vector<event_item>> collects(context& ctx, std::string id)
{
    std::vector<event_item> got;
    std::size_t until = signals_of_a_batch;
    bool knows_end = false;
    while (!knows_end || got.size() < until)
    {
        const event_item one = co_await ctx.receive<event_item>("item");
        if (one.ends_at)
        {
            until = *one.ends_at;
            knows_end = true;
            continue;
        }
        got.push_back(one);
        if (got.size() % 4 == 0)
            co_await ctx.transact("note", [&](transaction& tx) { transfer(tx, "note/" + id + "/" + std::to_string(got.size())); });
    }
    co_return got;
}

/// What a transaction started.
workflow<std::int64_t> pays(context& ctx, std::uint64_t number)
{
    const std::int64_t left = co_await ctx.transact("move", [&](transaction& tx) { return transfer(tx, "pays/" + std::to_string(number)); });
    const std::string to = collector_of(number);
    for (std::uint32_t part = 1; part <= 2; ++part)
    {
        const event_item sent{std::to_string(number), part};
        co_await ctx.signal(collects, to, "item", sent);
        const event_order told{number, part};
        const publish_options named{.key = key_of(told), .id = id_of(told)};
        co_await ctx.publish("moves", told, named);
        if (part == 1)
            co_await ctx.step("rest", [] {});
    }
    co_return left;
}

void mail(const event& e, delivery& d)
{
    auto& log = d.use<event_log>();
    const auto o = e.as<event_order>();
    log.write(event_deed::heard, o, d.redelivered(), std::stoull(d.token().substr(0, 16), nullptr, 16));
    if (fails_at_first(o) && d.attempt() == 1)
        throw std::runtime_error("nobody is there yet");
    log.write(event_deed::mailed, o);
    if (is_undeliverable(o))
        throw permanent_error{"no_address", "nobody lives there"};
}

void book(transaction& tx, const event& e, delivery& d)
{
    const auto o = e.as<event_order>();
    transfer(tx, "books/" + e.id);
    if (const auto before = tx.get(latest, e.key); before && o <= *before)
        tx.put(disorder, e.id, *before);
    tx.put(latest, e.key, o);
    if (rolls_back_at_first(o) && d.attempt() == 1)
        throw std::runtime_error("all that was written is to go");
}

class callers
{
public:
    callers(engine& shop, event_log& log, std::uint32_t life, const std::vector<event_note>& before) : shop_(shop), log_(log), life_(life)
    {
        std::set<std::uint64_t> tried, told;
        for (const event_note& one : before)
            (one.what == event_deed::told ? told : tried).insert(one.number);
        for (const std::uint64_t number : tried)
            if (!told.contains(number) && may_come_again(call_of(number)))
                again_.push_back(number);
        for (const std::uint64_t number : tried)
            collectors_.insert(collector_of(number));
    }

    /// First what the last lives got no answer to, then new calls, until the process is killed.
    void come(std::uint32_t how_many)
    {
        std::vector<std::jthread> all;
        for (std::uint32_t caller = 0; caller < how_many; ++caller)
            all.emplace_back([this, caller] { come_as(caller); });
    }

    void drain()
    {
        for (const std::uint64_t number : again_)
            call(number);
        wait_for("everstep.intents");
        for (const std::uint64_t number : started())
            shop_.run(pays, std::to_string(number)).result();
        wait_for("everstep.intents");
        for (const char* name : {"mail", "books", "fulfil", "tally"})
            wait_for(name);
        for (const std::string& id : fulfilled())
            shop_.run(fulfils, "fulfil/" + id).result();
        for (const std::string& id : collectors_)
            end(id);
    }

private:
    void come_as(std::uint32_t caller)
    {
        for (const std::uint64_t number : again_)
            if (caller_of(number) == caller)
                call(number);
        for (std::uint32_t n = 0; n < calls_of_a_life; ++n)
        {
            while (shop_.metrics().runs_resident > 200)
                std::this_thread::sleep_for(1ms); // else there is more to drain than to kill
            call(number_of_call(life_, caller, n));
        }
        ::pause();
    }

    void call(std::uint64_t number)
    {
        log_.write(event_deed::trying, {number});
        make(number);
        log_.write(event_deed::told, {number});
    }

    void make(std::uint64_t number)
    {
        const event_order o{number};
        const std::string label = "call/" + std::to_string(number);
        switch (call_of(number))
        {
        case event_call::signal: return signal(number);
        case event_call::publish: return shop_.publish("moves", o, {.key = key_of(o), .id = id_of(o)});
        case event_call::tell: return shop_.publish("brief", o, {.id = id_of(o)});
        case event_call::stop: return stop(number);
        case event_call::transact:
            return shop_.transact([&](transaction& tx) {
                move(tx, o);
                tx.signal(collects, collector_of(number), "item", event_item{"tx", number});
            });
        case event_call::start:
            return shop_.transact([&](transaction& tx) {
                tx.start(pays, std::to_string(number), number);
                move(tx, o);
            });
        case event_call::once: shop_.once("once-" + std::to_string(number), [&](transaction& tx) { return move(tx, o); });
        }
    }
    static std::int64_t move(transaction& tx, const event_order& o)
    {
        tx.publish("moves", o, {.key = key_of(o), .id = id_of(o)});
        return transfer(tx, "call/" + std::to_string(o.number));
    }
    /// Every second one is sent twice.
    void signal(std::uint64_t number)
    {
        const event_item item{"out", number};
        const std::string id = "m-" + std::to_string(number);
        const std::string to = collector_of(number);
        if (place_of(number) == 0)
            shop_.signal_with_start(collects, to, to, "item", item, {.id = id});
        for (int times = place_of(number) % 16 == 0 ? 1 : 2; times > 0 && place_of(number) != 0; --times)
            shop_.run(collects, to).signal("item", item, {.id = id});
    }
    void stop(std::uint64_t number)
    {
        try
        {
            const event_item last{"out", number, signals_of_a_batch};
            shop_.run(collects, collector_of(number)).signal("item", last, {.id = "m-" + std::to_string(number)});
        }
        catch (const engine_error& e)
        {
            if (e.why() != errc::ended) // it came before, and what called it was killed
                throw;
        }
    }

    void wait_for(const std::string& subscription)
    {
        while (shop_.subscription(subscription).status().backlog != 0)
            std::this_thread::sleep_for(1ms);
    }
    std::vector<std::uint64_t> started()
    {
        std::vector<std::uint64_t> all;
        shop_.read([&](const table_reader& in) {
            in.prefix(ledger, "call/", [&](const std::string& label, std::uint32_t) {
                if (const std::uint64_t number = std::stoull(label.substr(5)); call_of(number) == event_call::start)
                    all.push_back(number);
            });
        });
        return all;
    }
    std::vector<std::string> fulfilled()
    {
        std::vector<std::string> all;
        shop_.read([&](const table_reader& in) { in.events("moves", 1, [&](const event& e) { all.push_back(e.id); }); });
        return all;
    }
    /// All that was sent is there: one more ends it.
    void end(const std::string& id)
    {
        const auto one = shop_.run(collects, id);
        try
        {
            if (one.status().state == run_state::running)
                one.signal("item", event_item{"drain", 0, 0});
        }
        catch (const engine_error& e)
        {
            if (e.why() == errc::not_found) // its start was never acknowledged
                return;
            if (e.why() != errc::ended)
                throw;
        }
        one.result();
    }

    engine& shop_;
    event_log& log_;
    std::uint32_t life_;
    std::vector<std::uint64_t> again_;
    std::set<std::string> collectors_;
};

/// Lives differ in what is kept in memory and who runs it.
engine_options options_of(const std::string& folder, std::uint32_t life)
{
    engine_options options;
    options.journal = folder + "/journal";
    options.log = [](const log_line& line) {
        if (line.level == severity::error) // dead letters are wanted here
            std::fprintf(stderr, "events: %s\n", std::string(line.text).c_str());
    };
    options.crash_loop_deaths = 0;
    options.shards = 1 + life % 2;
    options.pool_threads_max = 16;
    options.map_bytes = 512u << 20;
    if (life % 3 == 0)
    {
        options.resident_runs_max = 64;
        options.resident_wait_max = 1ms;
    }
    return options;
}

int live(const std::string& folder, std::uint32_t life, bool drains)
{
    const std::vector<event_note> before = event_log::read(folder + "/calls");
    event_log calls(folder + "/calls", life), deeds(folder + "/deeds", life);
    engine shop(options_of(folder, life));
    shop.provide(deeds);
    shop.add("fulfils", fulfils).add("collects", collects).add("pays", pays);
    shop.add_topic("moves").add_topic("brief", {.keep_bytes = 2'000});
    const delivery_policy soon{.delays = {1ms, 2ms, 3ms}};
    shop.subscribe("moves", "mail", mail, {.retry = soon}).subscribe("moves", "books", book, {.retry = soon}).subscribe("moves", "fulfil", fulfils);
    shop.subscribe("brief", "tally", [](transaction& tx, const event& e) { transfer(tx, "tally/" + e.id); });
    shop.open();
    std::fputs("open\n", stdout);
    std::fflush(stdout);

    callers all(shop, calls, life, before);
    if (drains)
        all.drain();
    else
        all.come(event_callers);
    return 0;
}
}
}

int main(int count, char** arguments)
{
    try
    {
        return count < 3 ? 2 : everstep::test::live(arguments[1], static_cast<std::uint32_t>(std::stoul(arguments[2])), count > 3);
    }
    catch (const std::exception& e)
    {
        std::fprintf(stderr, "events: %s\n", e.what());
        return 1;
    }
}
