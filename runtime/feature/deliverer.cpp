#include "feature/deliverer.hpp"

#include "engine/intent.hpp"
#include "feature/delivery_schedule.hpp"

#include <everstep/error.hpp>

#include <algorithm>
#include <utility>

namespace everstep::core
{
namespace
{
constexpr std::size_t name_bytes_max = 128;
constexpr std::uint32_t concurrency_max = 4'096;
/// Pages of a topic that are kept for subscriptions which come to them a little later.
constexpr std::size_t recent_pages_max = 8;
constexpr base::time_us read_again_us = 1'000'000;
constexpr base::time_us forget_again_us = 10'000;

[[noreturn]] void refuse(errc why, const std::string& name, const std::string& text)
{
    throw engine_error(why, "subscription '" + name + "': " + text);
}
}

/// Ends in the deliverer's mailbox, whoever ends it.
class deliverer::write_of_changes final : public detail::outside_transaction
{
public:
    write_of_changes(deliverer& of, std::vector<subscription_change> changes) : of_(of), changes_(std::move(changes)) {}
    detail::sake whose() const noexcept override { return detail::sake::engine; }

    void run(transaction& tx) override
    {
        for (const subscription_change& one : changes_)
            one.write(tx);
    }
    void ended(std::exception_ptr failure) noexcept override
    {
        of_.mailbox_.put([&](news& n) { n.written.push_back({std::move(changes_), std::move(failure)}); });
    }

private:
    deliverer& of_;
    std::vector<subscription_change> changes_;
};

deliverer::deliverer(detail::engine_core& of) : core_(of)
{
    // What transactions and runs want of runs. At the begin of its topic, so it needs no place before there is something in it.
    subscription_options all;
    all.from_oldest = true;
    subscribers_.push_back(std::make_unique<subscriber>(
        detail::subscription_setup{intent_topic, intent_topic, detail::event_workflow{}, std::move(all)}));
    retention_.add(intent_topic, {.keep = std::chrono::milliseconds(0)});
}
deliverer::~deliverer()
{
    stop();
    mailbox_.take(news_, false); // what came after the thread had ended
    for (body_job* job : news_.finished)
        delete static_cast<delivery_job*>(job);
}

void deliverer::add(detail::subscription_setup&& what)
{
    const std::string& name = what.name;
    const bool is_own = what.keep_outcome_us >= 0;
    if (name.empty() || name.size() > name_bytes_max)
        throw engine_error(errc::limit, "a subscription's name has 1 to 128 bytes, this one has " + std::to_string(name.size()));
    if (name.starts_with("everstep.") && !is_own)
        refuse(errc::wrong_use, name, "names that begin with 'everstep.' are the engine's own: choose another name");
    if (find(name))
        refuse(errc::wrong_use, name, "was made before: choose another name");
    if (is_own && core_.topics.insert(what.topic).second)
        retention_.add(what.topic, {.keep = std::chrono::milliseconds(0)}); // what is kept of them has a table of its own
    for (const std::string& topic : {what.topic, what.options.dead_letters_to})
        if (!topic.empty() && !core_.topics.contains(topic))
            refuse(errc::not_found, name, "topic '" + topic + "' was not added: call engine::add_topic before");
    if (what.topic.empty() || what.topic == what.options.dead_letters_to)
        refuse(errc::wrong_use, name, "needs a topic, and another one for its dead letters");
    if (what.options.concurrency == 0 || what.options.concurrency > concurrency_max)
        refuse(errc::limit, name, "concurrency is 1 to 4,096");
    check(what.options.retry);
    if (what.options.ephemeral && (!std::holds_alternative<detail::event_handler>(what.to) || what.options.from_oldest))
        refuse(errc::wrong_use, name, "an ephemeral one has a handler, and begins with events to come");
    if (const auto* to = std::get_if<webhook_endpoint>(&what.to))
        check_webhook(*to);
    if (const auto* to = std::get_if<detail::event_workflow>(&what.to); to && !core_.workflows.find(to->function))
        refuse(errc::wrong_use, name, "its workflow was not added: call engine::add before");
    subscribers_.push_back(std::make_unique<subscriber>(std::move(what)));
}

void deliverer::keep(std::string topic, const topic_options& kept)
{
    if (kept.keep < std::chrono::milliseconds(0))
        throw engine_error(errc::wrong_use, "topic '" + topic + "': what is kept for less than no time is none: keep is 0 or more");
    retention_.add(std::move(topic), kept);
}

subscriber* deliverer::subscriber_of(std::string_view name) noexcept
{
    const auto at = std::ranges::find(subscribers_, name, [](const auto& one) -> std::string_view { return one->name(); });
    return at == subscribers_.end() ? nullptr : at->get();
}

const detail::subscription_setup* deliverer::find(std::string_view name) const noexcept
{
    const subscriber* one = const_cast<deliverer*>(this)->subscriber_of(name);
    return one ? &one->setup() : nullptr;
}

/// Where new subscriptions begin is durable before open() returns: what is published from then on is for them.
void deliverer::start(std::size_t alarm)
{
    if (subscribers_.empty())
        return;
    alarm_ = alarm;
    next_ = core_.next_event();
    core_.journal().read([&](const store::snapshot& now) {
        for (const auto& one : subscribers_)
        {
            const auto is_of_it = [blame = delivery_job::blame_of(one->name())](const auto& suspect) { return suspect.run == blame; };
            if (std::ranges::any_of(core_.inflight().found(), is_of_it))
                one->suspect();
            one->load(now, next_);
        }
    });
    inflight_hint_ = core_.inflight().next_hint();
    open_webhooks();
    quiet_ = false;
    thread_ = std::thread([this] { work(); });
    std::unique_lock lock(started_mutex_);
    started_.wait(lock, [this] { return begun_ != begin::pending; });
    if (begun_ == begin::durable)
        return;
    if (begun_ == begin::failed)
        throw engine_error(errc::io, "the journal cannot be written: new subscriptions have no place in it");
    throw engine_error(errc::no_space, "no room for the journal: new subscriptions have no place in it");
}

void deliverer::stop() noexcept
{
    if (!thread_.joinable())
        return;
    mailbox_.put([](news& n) { n.stop = true; });
    thread_.join();
    hooks_.clear();
    quiet_ = true;
}

void deliverer::hold(std::string_view name) noexcept
{
    if (subscriber* one = subscriber_of(name))
        one->hold();
}
void deliverer::put_changed(std::string_view name)
{
    mailbox_.put([&](news& n) { n.changed.emplace_back(name); });
}
void deliverer::put_durable(event_number next) noexcept
{
    if (subscribers_.empty())
        return;
    if (next > told_next_.exchange(next, std::memory_order_relaxed) || core_.commits().has_failed() || core_.commits().is_full())
        mailbox_.put([&](news& n) {
            n.durable = true;
            n.next = std::max(n.next, next);
        });
}
void deliverer::put_alarm() noexcept
{
    mailbox_.put([](news& n) { n.alarm = true; });
}
void deliverer::put_closing() noexcept
{
    stop_.request_stop(); // handlers that have some events before them begin with no other
    mailbox_.put([](news& n) { n.closing = true; });
}
void deliverer::take_back(std::span<body_job* const> finished) noexcept
{
    mailbox_.put([&](news& n) { n.finished.insert(n.finished.end(), finished.begin(), finished.end()); });
}

void deliverer::work()
{
    core_.enter_thread();
    while (!news_.stop)
    {
        mailbox_.take(news_, !has_more());
        iterate();
    }
    for (body_job* job : news_.finished)
        delete static_cast<delivery_job*>(job);
}

bool deliverer::wants_to_read(const subscriber& one) const
{
    return (one.head() < next_ && one.wants_events()) || one.wants_rows(now_);
}

bool deliverer::has_more() const
{
    if (!live_ || stalled_until_ != 0)
        return false;
    return std::ranges::any_of(subscribers_, [this](const auto& one) { return wants_to_read(*one); }) ||
           (!core_.commits().has_background_enough() && wants_to_forget());
}

void deliverer::iterate()
{
    now_ = core_.time().now();
    next_ = std::max(next_, news_.next);
    if (stalled_until_ != 0 && now_ >= stalled_until_)
        stalled_until_ = 0;
    if (news_.closing && live_)
    {
        live_ = false;
        for (const auto& [of, hook] : hooks_)
            hook->cancel();
    }
    for (written_changes& one : news_.written)
        take_written(one);
    for (body_job* job : std::exchange(news_.finished, {}))
        end(std::unique_ptr<delivery_job>(static_cast<delivery_job*>(job)));
    changed_.insert(changed_.end(), std::make_move_iterator(news_.changed.begin()), std::make_move_iterator(news_.changed.end()));
    is_over_ |= core_.commits().has_failed();
    if (is_over_)
        set_begun(begin::failed); // unless what was just taken says otherwise
    else if (core_.commits().is_full())
        set_begun(begin::full);
    if (live_ && !is_over_ && stalled_until_ == 0)
    {
        look_at_orders();
        feed();
        dispatch();
        forget();
    }
    write();
    rest();
}

/// False where the journal could not be read: it is tried again in a second.
template <class Read>
bool deliverer::read(Read&& with)
{
    try
    {
        core_.journal().read([&](const store::snapshot& now) { with(now); });
        return true;
    }
    catch (const store::unreadable& e)
    {
        stall(e.what());
    }
    catch (const everstep::error& e)
    {
        stall(e.text());
    }
    return false;
}

void deliverer::stall(const std::string& text)
{
    const bool is_known = std::exchange(stalled_until_, now_ + read_again_us) != 0;
    if (!is_known && !core_.commits().has_failed())
        core_.log(severity::error, "events wait, and are tried again in a second: " + text);
}

void deliverer::look_at_orders()
{
    for (const auto& one : subscribers_)
        if (one->can_seek())
            changed_.push_back(one->name());
    if (changed_.empty())
        return;
    const bool done = read([&](const store::snapshot& now) {
        for (const std::string& name : changed_)
            if (subscriber* one = subscriber_of(name))
            {
                one->read_order(now);
                one->expect_rows();
            }
    });
    if (done)
        changed_.clear();
}

/// A page each, so that the one that is far behind does not keep the others waiting.
void deliverer::feed()
{
    if (!std::ranges::any_of(subscribers_, [this](const auto& one) { return wants_to_read(*one); }))
        return;
    read([&](const store::snapshot& now) {
        for (const auto& one : subscribers_)
        {
            if (one->wants_rows(now_))
                one->load_rows(now, now_);
            if (one->head() < next_ && one->wants_events())
                one->take(page_for(now, *one));
        }
    });
}

page_pointer deliverer::page_for(const store::snapshot& at, const subscriber& one)
{
    if (one.page())
        return one.page();
    const std::string& topic = one.setup().topic;
    auto pages = std::ranges::find(pages_, topic, &topic_pages::topic);
    if (pages == pages_.end())
        pages = pages_.insert(pages_.end(), {topic, {}});
    for (const page_pointer& page : pages->recent)
        if (page->from <= one.head() && one.head() < page->next)
            return page;
    page_pointer page = read_events(at, topic, one.head(), next_);
    pages->recent.push_back(page);
    if (pages->recent.size() > recent_pages_max)
        pages->recent.pop_front();
    return page;
}

event_number deliverer::first_held(std::string_view topic) const
{
    event_number first = next_;
    for (const auto& one : subscribers_)
        if (one->setup().topic == topic && !one->is_ephemeral())
            first = std::min(first, one->durable_first());
    return first;
}

bool deliverer::wants_to_forget() const
{
    return retention_.wants_to_look([this](std::string_view topic) { return first_held(topic); }, next_, now_);
}

void deliverer::forget()
{
    const auto held = [this](std::string_view topic) { return first_held(topic); };
    if (core_.commits().has_background_enough() || !wants_to_forget())
        return;
    store::batch erases;
    const std::uint64_t before = retention_.deleted();
    if (read([&](const store::snapshot& now) { retention_.look(now, held, next_, now_, erases); }) && !erases.empty())
        core_.commits().submit(erases, urgency::background);
    count_up(core_.count.events_deleted, retention_.deleted() - before);
}

void deliverer::write()
{
    if (writing_ || is_over_ || stalled_until_ != 0)
        return;
    std::vector<subscription_change> changes;
    writers_.clear();
    for (const auto& one : subscribers_)
        if (subscription_change change; one->begin_writing(change, !live_))
        {
            changes.push_back(std::move(change));
            writers_.push_back(one.get());
        }
    if (changes.empty())
        return set_begun(begin::durable);
    writing_ = true;
    core_.accept_own(std::make_unique<write_of_changes>(*this, std::move(changes)));
}

/// Whoever opens the engine waits for it.
void deliverer::set_begun(begin how)
{
    const std::scoped_lock lock(started_mutex_);
    if (begun_ != begin::pending)
        return;
    begun_ = how;
    started_.notify_all();
}

void deliverer::take_written(written_changes& what)
{
    writing_ = false;
    for (std::size_t n = 0; n < writers_.size(); ++n)
        if (what.failure)
            writers_[n]->not_written(std::move(what.changes[n]));
        else
            writers_[n]->written();
    if (!what.failure)
        return set_begun(begin::durable);
    try
    {
        std::rethrow_exception(what.failure);
    }
    catch (const engine_error& e)
    {
        if (e.why() == errc::closed || e.why() == errc::unknown)
            is_over_ = true;
        else
            stall(e.text());
    }
    catch (const std::exception& e)
    {
        stall(e.what());
    }
}

std::size_t deliverer::running() const noexcept
{
    std::size_t sum = 0;
    for (const auto& one : subscribers_)
        sum += one->running();
    return sum;
}

/// Whoever closes may go on; else the alarm for what is due next.
void deliverer::rest()
{
    idle_.store(running() == 0 && !writing_ && !has_more(), std::memory_order_release);
    const bool cannot_write = is_over_ || core_.commits().is_full() || stalled_until_ != 0; // who closes does not wait for room
    if (!live_ && running() == 0 && (!writing_ || cannot_write) && !quiet_.exchange(true))
        core_.body_ended();
    base::time_us due = stalled_until_ != 0 ? stalled_until_ : never_due;
    for (const auto& one : subscribers_)
    {
        due = std::min(due, one->rests_until(now_));
        if (!one->is_paused() && one->next_due() > now_)
            due = std::min(due, one->next_due());
    }
    if (const base::time_us forget_at = retention_.next_due([this](std::string_view topic) { return first_held(topic); }); forget_at > now_)
        due = std::min(due, forget_at);
    else if (wants_to_forget()) // and there is background work enough
        due = std::min(due, now_ + forget_again_us);
    if (!live_ || due == armed_)
        return;
    armed_ = due;
    core_.time().arm(alarm_, due);
}
}
