// A program of transactions, events, subscriptions, signals and branches is killed with SIGKILL at random times and started again on its
// journal, over and over; then tables, topics and histories must agree with each other and with what callers were told.
//
//     EVERSTEP_KILLS=2000 test_crash --gtest_filter='EventsKill.*'
//     EVERSTEP_SEED=4711 test_crash …                             the same times again

#include "child_program.hpp"
#include "engine/stored_rows.hpp"
#include "events_script.hpp"
#include "feature/subscription_rows.hpp"
#include "kill_journal.hpp"
#include "sanitized.hpp"
#include "store_directory.hpp"
#include "store_journal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;
using kind = journal::entry_kind;

enum class events_stage : std::uint8_t
{
    killed, ///< just now
    drained
};

/// What a journal holds.
struct events_journal
{
    kill_journal runs;
    std::vector<event> moves;
    std::map<std::uint32_t, std::int64_t> balances;
    std::map<std::string, std::uint32_t> transfers; ///< by label: how many
    std::vector<std::string> disorder;
    std::set<std::string> dead; ///< "subscription id"
};

events_journal read_events_journal(const std::string& directory)
{
    events_journal all;
    if (!std::filesystem::exists(directory + "/data.mdb"))
        return all;
    const auto kept = open_or_throw(store::lmdb_options{.directory = directory, .map_bytes = 512u << 20, .create = false});
    all.runs = read_kill_journal(*kept);
    kept->read([&](const store::snapshot& now) {
        core::snapshot_rows rows(now);
        const table_reader in(rows);
        in.events("moves", 1, [&](const event& e) { all.moves.push_back(e); });
        in.all(accounts, [&](std::uint32_t account, std::int64_t balance) { all.balances[account] = balance; });
        in.all(ledger, [&](const std::string& label, std::uint32_t times) { all.transfers[label] = times; });
        in.all(disorder, [&](const std::string& id, const event_order& before) { all.disorder.push_back(id + " behind " + id_of(before)); });
        in.all(core::dead_table(),
               [&](const core::numbered_key& at, const dead_letter& letter) { all.dead.insert(at.first + " " + letter.what.id); });
    });
    return all;
}

/// The promises. Lives as long as its directory: what was recorded at one look may not run after it.
class events_check
{
public:
    std::vector<std::string> breaches(const std::string& directory, events_stage stage)
    {
        found_.clear();
        stage_ = stage;
        journal_ = read_events_journal(directory + "/journal");
        deeds_ = event_log::read(directory + "/deeds");
        read_calls(event_log::read(directory + "/calls"));
        read_events();
        read_signals();
        check_money();
        check_calls();
        check_taken("books/");
        check_taken("fulfil/");
        check_runs();
        check_bodies();
        check_mail();
        check_dead();
        return std::exchange(found_, {});
    }
    std::size_t events() const { return events_.size(); }

private:
    void breach(const std::string& text) { found_.push_back(text); }
    bool is_drained() const { return stage_ == events_stage::drained; }
    bool has_transfer(const std::string& label) const { return journal_.transfers.contains(label); }

    void read_calls(const std::vector<event_note>& notes)
    {
        for (const event_note& one : notes)
            (one.what == event_deed::told ? told_ : tried_).insert(one.number);
    }

    void read_events()
    {
        events_.clear();
        std::map<std::string, event_order> last;
        for (const event& e : journal_.moves)
        {
            const auto o = e.as<event_order>();
            if (e.id != id_of(o) || e.key != key_of(o) || (o.part == 0 && !tried_.contains(o.number)))
                breach("an event that nobody published: " + e.id);
            if (!events_.emplace(o).second)
                breach("an event is there twice: " + e.id);
            if (const auto at = last.find(e.key); at != last.end() && o < at->second)
                breach("event " + e.id + " stands behind " + id_of(at->second));
            if (const auto at = last.find(e.key); at != last.end())
                before_[o] = at->second;
            last[e.key] = o;
        }
    }

    /// By transactions that are durable, and by the runs that they start.
    void read_signals()
    {
        sent_.clear();
        for (const std::uint64_t number : tried_)
        {
            if (!has_transfer("call/" + std::to_string(number)))
                continue;
            if (call_of(number) == event_call::transact)
                sent_[collector_of(number)]["tx"].push_back(number);
            if (call_of(number) == event_call::start)
                sent_[collector_of(number)][std::to_string(number)] = {1, 2};
        }
    }

    /// Each transfer once, and the accounts say what the transfers do: so their sum is what it was.
    void check_money()
    {
        std::map<std::uint32_t, std::int64_t> expected;
        for (const auto& [label, times] : journal_.transfers)
        {
            if (times != 1)
                breach("transfer '" + label + "' was made " + std::to_string(times) + " times");
            expected[transfer_of(label).from] -= transfer_of(label).amount;
            expected[transfer_of(label).to] += transfer_of(label).amount;
        }
        std::int64_t sum = 0;
        for (const auto& [account, balance] : journal_.balances)
            sum += balance;
        if (sum != 0 || expected != journal_.balances)
            breach("the accounts do not say what the transfers do; their sum is " + std::to_string(sum));
        for (const std::string& one : journal_.disorder)
            breach("a transaction had event " + one);
    }

    /// What was acknowledged is there, and what one transaction does is there together.
    void check_calls()
    {
        for (const std::uint64_t number : tried_)
        {
            const bool is_told = told_.contains(number);
            const bool moved = has_transfer("call/" + std::to_string(number));
            const bool published = events_.contains({number, 0});
            const event_call what = call_of(number);
            const std::string name = "call " + std::to_string(number);
            if (is_told && ((is_transfer(what) && !moved) || ((is_transfer(what) || what == event_call::publish) && !published)))
                breach(name + " was acknowledged, and is not in the journal");
            if (is_transfer(what) && moved != published)
                breach(name + " is there by half");
            if (what == event_call::tell && is_told && is_drained() && !has_transfer("tally/" + id_of({number})))
                breach(name + ": its event was acknowledged, and deleted before it was delivered");
            const bool starts = what == event_call::start && moved;
            if (run_of("pays/" + std::to_string(number)) == nullptr ? starts && is_drained() : !starts)
                breach(name + ": its run and its transaction do not go together");
            if (what == event_call::signal || what == event_call::stop)
                check_signal(number, is_told);
        }
        for (const auto& [label, times] : journal_.transfers)
            if (label.starts_with("call/") && !tried_.contains(std::stoull(label.substr(5))))
                breach("a transfer that nobody made: " + label);
    }
    void check_signal(std::uint64_t number, bool is_told)
    {
        const engine_run* to = run_of("collects/" + collector_of(number));
        const bool came = to != nullptr && std::ranges::any_of(to->entries, [&](const engine_entry& e) {
            return e.kind == kind::signalled && e.code == "m-" + std::to_string(number);
        });
        if (is_told && !came)
            breach("signal " + std::to_string(number) + " was acknowledged, and is not in the history of its run");
    }

    /// By a transaction that an event causes: exactly once for each event, and for nothing else.
    void check_taken(const std::string& by)
    {
        std::size_t taken = 0;
        for (auto at = journal_.transfers.lower_bound(by); at != journal_.transfers.end() && at->first.starts_with(by); ++at)
            ++taken;
        std::size_t known = 0;
        for (const event_order& o : events_)
        {
            known += has_transfer(by + id_of(o));
            if (is_drained() && !has_transfer(by + id_of(o)))
                breach("event " + id_of(o) + " has no " + by);
        }
        if (known != taken)
            breach(by + " took events that are not there");
    }

    const engine_run* run_of(const std::string& name) const
    {
        const auto at = journal_.runs.runs.find(name);
        return at == journal_.runs.runs.end() ? nullptr : &at->second;
    }

    void check_runs()
    {
        for (const std::string& row : journal_.runs.damaged)
            breach("a record is damaged: " + row);
        if (journal_.runs.headers.size() != journal_.runs.runs.size())
            breach("two runs have one id");
        std::size_t fulfilled = 0;
        for (const auto& [name, run] : journal_.runs.runs)
        {
            if (!run.whole || run.entries.empty())
                breach(name + " has a history that cannot be read to its end");
            const bool lives = run.header.state == journal::run_state::running;
            if (!lives && run.header.state != journal::run_state::completed)
                breach(name + " did not end well: " + run.header.text);
            if (lives && is_drained())
                breach(name + " has not ended: " + run.brief());
            if (run.header.workflow == "fulfils")
                fulfilled += check_fulfilment(run);
            else if (run.header.workflow == "pays")
                check_payment(run);
            else
                check_collector(run);
        }
        if (is_drained() && fulfilled != events_.size()) // each has one that no other has
            breach(std::to_string(events_.size()) + " events have " + std::to_string(fulfilled) + " runs");
    }

    bool check_fulfilment(const engine_run& run)
    {
        const auto o = decode<event_order>(run.entries.front().payload);
        if (run.header.id != "fulfil/" + id_of(o) || !events_.contains(o))
            breach("a run of no event: " + run.header.id);
        std::map<std::string, std::string> results;
        for (const engine_entry& e : run.entries)
            if (e.kind == kind::step_done && !results.emplace(e.name, e.payload).second)
                breach(run.header.id + " has a second record of " + e.name);
        if (results.contains("move") != has_transfer("fulfil/" + id_of(o)))
            breach(run.header.id + " has its transaction's entry or its rows, and not both");
        for (std::uint32_t which = 1; which <= 3; ++which)
            if (const auto at = results.find(step_name(which)); at != results.end())
                recorded_[{o, which}].value = decode<std::uint64_t>(at->second);
        const engine_entry& end = run.entries.back();
        if (end.kind != kind::completed)
            return true;
        const auto number = [&](const std::string& name) { return results.contains(name) ? decode<std::uint64_t>(results[name]) : 0; };
        const std::int64_t left = results.contains("move") ? decode<std::int64_t>(results["move"]) : 0;
        if (results.size() != 4 || end.payload != encode(folded_result(number("one"), number("two"), left, number("last"))))
            breach(run.header.id + " resulted in what its branches do not give: " + end.payload);
        return true;
    }
    static std::string step_name(std::uint32_t which) { return which == 1 ? "one" : which == 2 ? "two" : "last"; }

    void check_payment(const engine_run& run)
    {
        const std::uint64_t number = decode<std::uint64_t>(run.entries.front().payload);
        if (run.header.id != std::to_string(number) || !tried_.contains(number))
            breach("a run that nobody started: " + run.header.id);
        if (run.has("step_done transaction move") != has_transfer("pays/" + run.header.id))
            breach(run.header.id + " has its transaction's entry or its rows, and not both");
        const std::size_t published = events_.contains({number, 1}) + events_.contains({number, 2});
        const auto entries = static_cast<std::size_t>(std::ranges::count(run.entries, kind::published, &engine_entry::kind));
        if (published != entries || (is_drained() && published != 2))
            breach(run.header.id + " has published " + std::to_string(entries) + " events, and " + std::to_string(published) + " are there");
    }

    /// Each sender's in order, none twice, none of what never was; and what is received is what came.
    void check_collector(const engine_run& run)
    {
        std::map<std::string, std::vector<std::uint64_t>> senders;
        std::vector<event_item> came;
        for (const engine_entry& e : run.entries)
        {
            if (e.kind != kind::signalled)
                continue;
            const auto item = decode<event_item>(e.payload);
            if (item.ends_at)
                continue;
            came.push_back(item);
            senders[item.sender].push_back(item.number);
        }
        for (const std::uint64_t number : senders["out"])
            if (!tried_.contains(number) || collector_of(number) != run.header.id)
                breach(run.header.id + " has a signal that nobody sent it: " + std::to_string(number));
        if (std::ranges::adjacent_find(senders["out"], std::ranges::greater_equal()) != senders["out"].end())
            breach(run.header.id + " has signals from outside twice or out of order");
        senders.erase("out");
        check_senders(run.header.id, senders);
        const engine_entry& end = run.entries.back();
        if (end.kind == kind::completed && decode<std::vector<event_item>>(end.payload) != came)
            breach(run.header.id + " received other signals than came to it");
    }
    void check_senders(const std::string& id, const std::map<std::string, std::vector<std::uint64_t>>& senders)
    {
        const auto& sent = sent_[id];
        for (const auto& [sender, numbers] : senders)
        {
            const auto at = sent.find(sender);
            if (at == sent.end() || numbers.size() > at->second.size() || !std::equal(numbers.begin(), numbers.end(), at->second.begin()))
                breach(id + " has other signals of " + sender + " than were sent, or out of order");
        }
        if (is_drained() && senders != sent)
            breach(id + " has lost signals");
    }

    /// A step runs once a life at most, never again after it was recorded, and not before what it depends on.
    void check_bodies()
    {
        std::set<std::pair<std::uint32_t, step_of_event>> begun;
        std::map<step_of_event, std::set<std::uint64_t>> returned;
        for (std::size_t at = 0; at < deeds_.size(); ++at)
        {
            const event_note& one = deeds_[at];
            const step_of_event step{one.order(), one.place};
            if (one.what == event_deed::ended)
                returned[step].insert(one.value);
            if (one.what != event_deed::began)
                continue;
            const std::string name = "step " + step_name(one.place) + " of " + id_of(one.order());
            if (!begun.emplace(one.life, step).second)
                breach(name + " ran twice in one life");
            if (const auto done = recorded_.find(step); done != recorded_.end() && at >= done->second.since)
                breach(name + " ran again, which was recorded");
            if (one.place < 3 && returned.contains({one.order(), 3}))
                breach(name + " ran again, which must have been recorded before the last");
            if (one.place == 3 && !(recorded_.contains({one.order(), 1}) && recorded_.contains({one.order(), 2})))
                breach(name + " ran before what comes first was recorded");
            if (!events_.contains(one.order()))
                breach(name + " ran, and the event is not there");
        }
        for (auto& [step, done] : recorded_)
        {
            done.since = std::min(done.since, deeds_.size());
            if (!returned[step].contains(done.value))
                breach("step " + step_name(step.second) + " of " + id_of(step.first) + " has a result that no body returned");
        }
    }

    /// The plain handler: at least once, with one token, flagged when it comes again, and behind the one before it in its key.
    void check_mail()
    {
        std::map<event_order, std::uint64_t> tokens;
        std::set<event_order> mailed;
        for (const event_note& one : deeds_)
        {
            const event_order o = one.order();
            if (one.what == event_deed::mailed)
                mailed.insert(o);
            if (one.what != event_deed::heard)
                continue;
            const auto [at, is_first] = tokens.emplace(o, one.value);
            if (!is_first && (at->second != one.value || one.place == 0))
                breach("event " + id_of(o) + " came again with another token, or as if it were new");
            if (const auto before = before_.find(o); is_first && before != before_.end() && !mailed.contains(before->second))
                breach("event " + id_of(o) + " was delivered before " + id_of(before->second));
            if (!events_.contains(o))
                breach("event " + id_of(o) + " was delivered, and is not there");
        }
        for (const event_order& o : events_)
            if (is_drained() && !mailed.contains(o))
                breach("event " + id_of(o) + " was not delivered");
    }

    void check_dead()
    {
        std::set<std::string> expected;
        for (const event_order& o : events_)
            if (is_undeliverable(o))
                expected.insert("mail " + id_of(o));
        for (const std::string& one : journal_.dead)
            if (!expected.contains(one))
                breach("a dead letter that should live: " + one);
        if (is_drained() && journal_.dead != expected)
            breach("dead letters are lost");
    }

    using step_of_event = std::pair<event_order, std::uint32_t>;
    struct recorded_step
    {
        std::uint64_t value{};
        std::size_t since{SIZE_MAX}; ///< so many deeds there were when it was first seen
    };

    events_stage stage_{};
    events_journal journal_;
    std::vector<event_note> deeds_;
    std::set<std::uint64_t> tried_, told_;
    std::set<event_order> events_;
    std::map<event_order, event_order> before_;                                       ///< the event before it in its key
    std::map<std::string, std::map<std::string, std::vector<std::uint64_t>>> sent_;   ///< by collector and sender: what is durable
    std::map<step_of_event, recorded_step> recorded_;
    std::vector<std::string> found_;
};

/// One journal and its victims.
class events_block
{
public:
    explicit events_block(std::mt19937_64& chance) : chance_(chance) {}

    /// Some time after it has opened, or, one time in five, while it opens.
    ::testing::AssertionResult kill_one()
    {
        child_program victim("events_main", {directory_.path(), std::to_string(++life_)});
        const bool opens = chance_() % 5 != 0;
        if (opens && victim.line(60s) != "open")
            return ::testing::AssertionFailure() << "a victim did not open its journal; status " << victim.wait();
        const std::chrono::microseconds life(opens ? 1'000 + chance_() % 79'000 : chance_() % 15'000);
        if (victim.ends_within(life))
            return ::testing::AssertionFailure() << "a victim ended by itself; status " << victim.wait();
        victim.kill(SIGKILL);
        const int status = victim.wait();
        return status == -SIGKILL ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << "a victim ended with status " << status;
    }
    ::testing::AssertionResult drain()
    {
        child_program victim("events_main", {directory_.path(), std::to_string(++life_), "--drain"});
        if (!victim.ends_within(120s))
            return ::testing::AssertionFailure() << "what was begun comes to no end";
        const int status = victim.wait();
        return status == 0 ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << "the last victim ended with status " << status;
    }
    ::testing::AssertionResult keeps_its_promises(events_stage stage)
    {
        const std::vector<std::string> found = check_.breaches(directory_.path(), stage);
        if (found.empty())
            return ::testing::AssertionSuccess();
        auto failure = ::testing::AssertionFailure() << found.size() << " breaches:\n";
        for (std::size_t n = 0; n < std::min<std::size_t>(found.size(), 20); ++n)
            failure << "  " << found[n] << "\n";
        return failure;
    }
    std::size_t events() const { return check_.events(); }

private:
    std::mt19937_64& chance_;
    store_directory directory_;
    events_check check_;
    std::uint32_t life_{};
};

std::uint64_t environment_number(const char* name, std::uint64_t otherwise)
{
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::stoull(text);
}

TEST(EventsKill, EveryPromiseIsKeptThroughKills)
{
    constexpr std::uint64_t kills_of_a_block = 40;
    constexpr std::uint64_t kills_between_looks = 8;
    const std::uint64_t kills = environment_number("EVERSTEP_KILLS", is_sanitized ? 20 : 40);
    const std::uint64_t seed = environment_number("EVERSTEP_SEED", std::random_device{}());
    std::cout << "EVERSTEP_SEED=" << seed << " EVERSTEP_KILLS=" << kills << std::endl;
    std::mt19937_64 chance(seed);
    std::size_t events = 0;
    for (std::uint64_t done = 0; done < kills;)
    {
        events_block block(chance);
        for (std::uint64_t n = 0; n < kills_of_a_block && done < kills; ++n, ++done)
        {
            ASSERT_TRUE(block.kill_one()) << "kill " << done;
            if (n % kills_between_looks == kills_between_looks - 1)
            {
                ASSERT_TRUE(block.keeps_its_promises(events_stage::killed)) << "kill " << done;
            }
        }
        ASSERT_TRUE(block.drain()) << "kill " << done;
        ASSERT_TRUE(block.keeps_its_promises(events_stage::drained)) << "kill " << done;
        events += block.events();
    }
    std::cout << kills << " kills, " << events << " events" << std::endl;
    EXPECT_GT(events, kills);
}
}
}
