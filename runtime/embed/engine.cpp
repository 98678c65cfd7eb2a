// The public engine: puts the parts together. The one place that knows both the engine layer and the stores.

#include "engine/engine_core.hpp"
#include "feature/deliverer.hpp"
#include "store/lmdb/open_lmdb.hpp"
#include "store/memory_store.hpp"

#include <everstep/engine.hpp>

#include <utility>
#include <variant>

namespace everstep::inline v0
{
namespace
{
errc errc_of(store::open_failure::why what) noexcept
{
    using why = store::open_failure::why;
    switch (what)
    {
    case why::in_use: return errc::in_use;
    case why::newer_format: return errc::newer_format;
    case why::no_space: return errc::no_space;
    case why::damaged: return errc::damaged;
    case why::no_address_space: return errc::limit;
    case why::not_permitted:
    case why::bad_directory:
    case why::remote_filesystem: return errc::bad_directory;
    case why::io: return errc::io;
    }
    return errc::io;
}

std::unique_ptr<store::store> make_store(const engine_options& options)
{
    if (options.journal.empty())
        throw engine_error(errc::wrong_use, "engine_options.journal names the journal's directory, or \":memory:\"");
    if (options.journal == ":memory:")
        return std::make_unique<store::memory_store>();
    store::open_result opened = store::open_lmdb({.directory = options.journal, .map_bytes = options.map_bytes});
    if (const auto* failed = std::get_if<store::open_failure>(&opened))
        throw engine_error(errc_of(failed->what), failed->text);
    return std::move(std::get<std::unique_ptr<store::store>>(opened));
}
}

engine::engine(engine_options options)
    : core_(std::make_shared<detail::engine_core>(std::move(options), detail::engine_parts{&make_store, {}}))
{
    core_->attach(std::make_unique<core::deliverer>(*core_));
}

engine::~engine()
{
    // Bodies that run work on frames of this engine: it waits for them however long they take.
    while (!core_->close(std::chrono::hours(1)).empty())
    {
    }
}

void engine::open() { core_->open(); }

std::vector<std::string> engine::close(std::chrono::milliseconds deadline) { return core_->close(deadline); }

metrics engine::metrics() const { return core_->metrics(); }

services& engine::provided()
{
    if (core_->was_opened())
        throw engine_error(errc::wrong_use, "services are provided before open()");
    return core_->given;
}

engine& engine::add_topic(std::string name, const topic_options& options)
{
    if (core_->was_opened())
        throw engine_error(errc::wrong_use, "topics are added before open()");
    core_->add_topic(name);
    core_->attached<core::deliverer>()->keep(std::move(name), options);
    return *this;
}

engine& engine::subscribe(detail::subscription_setup&& what)
{
    detail::subscribe(*core_, std::move(what));
    return *this;
}

engine& engine::add_notifications(std::string name, detail::event_handler handler, const notification_options& options)
{
    detail::add_notifications(*core_, std::move(name), std::move(handler), options);
    return *this;
}

void engine::add(std::string name, detail::function_key function, const detail::workflow_traits& traits, std::uint32_t version)
{
    if (core_->was_opened())
        throw engine_error(errc::wrong_use, "workflows are added before open()");
    core_->workflows.add({std::move(name), function, traits, version});
}

std::string_view name_of(run_state state) noexcept
{
    switch (state)
    {
    case run_state::running: return "running";
    case run_state::completed: return "completed";
    case run_state::failed: return "failed";
    case run_state::cancelled: return "cancelled";
    case run_state::parked: return "parked";
    case run_state::terminated: return "terminated";
    case run_state::continued: return "continued";
    }
    return "unknown";
}
}
