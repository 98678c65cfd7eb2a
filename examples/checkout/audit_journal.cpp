#include "audit.hpp"
#include "services.hpp"
#include "shop_log.hpp"

#include <everstep/engine.hpp>

#include <chrono>
#include <future>
#include <optional>

using namespace std::chrono_literals;

namespace shop
{
namespace
{
/// A run as a fresh look into the journal finds it.
struct finding
{
    bool exists{};
    everstep::run_status status;
    std::string payment; ///< of the reply; empty where there is none
};

class auditor
{
public:
    explicit auditor(everstep::engine& engine) : engine_(engine) {}

    finding look(const std::string& id)
    {
        const auto run = engine_.run(checkout, id);
        finding result;
        try
        {
            result.status = run.status();
        }
        catch (const everstep::engine_error& why)
        {
            if (why.why() != everstep::errc::not_found)
                throw;
            return result;
        }
        result.exists = true;
        // A reply that was lost from a run that goes on would be waited for without end: so with a limit, in a thread.
        waiting_.push_back(std::async(std::launch::async, [run] { return payment_of(run); }));
        if (waiting_.back().wait_for(10s) == std::future_status::ready)
        {
            result.payment = waiting_.back().get();
            waiting_.pop_back();
        }
        return result;
    }

private:
    static std::string payment_of(const everstep::run<shipment, receipt>& run)
    try
    {
        return run.reply().payment;
    }
    catch (const everstep::error&) // none came: declined, or the engine was closed
    {
        return {};
    }

    everstep::engine& engine_;
    std::vector<std::future<std::string>> waiting_;
};

std::optional<outcome> outcome_of(const finding& f)
{
    const bool paid = !f.payment.empty();
    switch (f.exists ? f.status.state : everstep::run_state::parked)
    {
    case everstep::run_state::completed: return paid ? std::optional(outcome::delivered) : std::nullopt;
    case everstep::run_state::failed: return paid ? outcome::compensated : outcome::declined;
    case everstep::run_state::running: return paid ? std::optional(outcome::open) : std::nullopt;
    case everstep::run_state::cancelled:
    case everstep::run_state::terminated:
    case everstep::run_state::continued:
    case everstep::run_state::parked: break;
    }
    return std::nullopt;
}

/// Something that a customer was told does not hold any more.
bool is_lost(const front_desk::line& told, const finding& f)
{
    if (told.started_at && !f.exists)
        return true;
    if (told.ended_at && f.status.state != everstep::run_state::completed && f.status.state != everstep::run_state::failed)
        return true;
    if (!told.answered_at)
        return false;
    return told.declined ? f.status.state != everstep::run_state::failed || !f.payment.empty() : f.payment != told.payment.data();
}

std::string in_words(const finding& f)
{
    if (!f.exists)
        return "is not in the journal";
    return "is " + std::string(name_of(f.status.state)) + " " + f.status.reason + (f.payment.empty() ? ", without a receipt" : "");
}

void count(outcome one, figures& found)
{
    found.declined += one == outcome::declined;
    found.paid += one != outcome::declined;
    found.delivered += one == outcome::delivered;
    found.compensated += one == outcome::compensated;
    found.open += one == outcome::open;
}
}

void audit_journal(const demo_options& options, const std::vector<order>& orders, const front_desk& desk, figures& found)
{
    outside_world world(options.world(), desk.epoch(), options.service);
    bank bank{world};
    warehouse warehouse{world};
    carrier carrier{world};
    notices notices{world};
    everstep::engine engine{{.journal = options.journal, .log = log_to(options.journal + ".log"), .crash_loop_deaths = 0}};
    engine.provide(bank).provide(warehouse).provide(carrier).provide(notices);
    engine.add("checkout", checkout);
    engine.open();

    auditor auditor(engine);
    for (std::size_t line = 0; line < orders.size(); ++line)
    {
        const finding f = auditor.look(orders[line].id);
        found.lost_acknowledged += is_lost(desk[line], f);
        const auto became = outcome_of(f);
        if (became)
            count(*became, found);
        if (became != expected_outcome(orders[line]))
            found.broken.push_back("order " + orders[line].id + " " + in_words(f));
    }
    found.journal_bytes = engine.metrics().journal_bytes;
    engine.close(10s);
}
}
