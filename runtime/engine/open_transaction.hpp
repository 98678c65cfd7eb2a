#pragma once

// One transaction while its body runs: reads what the body has written, else what earlier transactions have, else what is durable. Keeps
// the writes aside until the body has returned; what it throws leaves nothing.
//
// Threads: the transactor's only.

#include "engine/intent.hpp"
#include "engine/registry.hpp"
#include "engine/row_overlay.hpp"
#include "engine/time_source.hpp"
#include "store/store.hpp"

#include <everstep/detail/event_draft.hpp>
#include <everstep/detail/row_link.hpp>
#include <everstep/signal.hpp>

#include <exception>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace everstep::core
{
/// Tables, by what is checked of them, whose own row is there and fits the code, for as long as the engine is open.
using known_tables = std::set<std::string, std::less<>>;

class open_transaction final : public detail::row_target
{
public:
    /// What it works on, and what holds for all of them.
    struct place
    {
        const store::store& journal;
        const row_overlay& earlier;
        known_tables& known;
        const std::set<std::string, std::less<>>& topics; ///< that were added
        std::size_t value_bytes_max;
        std::size_t bytes_max; ///< of all that it writes
        const time_source& time;
        const registry* workflows{}; ///< that were added
    };
    explicit open_transaction(const place& where)
        : store_(where.journal), earlier_(where.earlier), known_(where.known), topics_(where.topics), value_bytes_max_(where.value_bytes_max),
          bytes_max_(where.bytes_max), time_(where.time), workflows_(where.workflows)
    {
    }

    // detail::row_target, for the body.
    bool get(const detail::table_identity& of, std::string_view name, std::string& value) override;
    void page(const detail::table_identity& of, std::string_view from, std::string_view to, std::vector<detail::found_row>& into) override;
    std::uint64_t writes() const noexcept override { return log_.size(); }
    bool wrote_between(std::uint64_t since, std::string_view after, std::string_view through) const noexcept override;
    void put(const detail::table_identity& of, std::string_view name, std::string_view value) override;
    void erase(const detail::table_identity& of, std::string_view name) override;
    void publish(detail::event_draft&& what) override;
    void start(detail::function_key workflow, std::string&& id, std::string&& input) override;
    void signal(detail::function_key workflow, std::string&& id, detail::signal_message&& what) override;
    std::int64_t now_us() const noexcept override { return time_.now(); }

    // After the body.

    /// A row could not be read: whatever the body made of that, its transaction has failed.
    const std::exception_ptr& trouble() const noexcept { return trouble_; }
    /// Appends what the body has written. May throw store::unreadable; then it is to be truncated.
    void write_to(store::batch& out);
    /// After write_to(): for row_overlay::add().
    row_overlay::rows& written() noexcept { return written_; }
    std::size_t bytes_max() const noexcept { return bytes_max_; }
    /// It puts rows or publishes; one that only erases makes room.
    bool grows() const noexcept;

private:
    template <class Read>
    auto guarded(Read&& read);
    bool find(const detail::table_identity& of, std::string_view name, std::string& value);
    void check(const detail::table_identity& of, bool for_writing);
    std::map<std::string_view, const row_overlay::version*> newer_rows(const detail::table_identity& of, std::string_view from,
                                                                         std::string_view end) const;
    void collect(const detail::table_identity& of, std::string_view from, std::string_view to, std::vector<detail::found_row>& into);
    row_overlay::version& version_of(std::string_view name);
    row_overlay::version& log_write(std::string_view name);
    void add_intent(intent&& wanted);
    const registered_workflow* find_workflow(detail::function_key workflow) const;
    static void check_target(const std::string& id);
    void add_event(detail::event_draft&& what);
    void count_bytes(std::size_t more);
    std::uint32_t records_before(std::string_view name) const;

    const store::store& store_;
    const row_overlay& earlier_;
    known_tables& known_;
    const std::set<std::string, std::less<>>& topics_;
    std::size_t value_bytes_max_;
    std::size_t bytes_max_;
    const time_source& time_;
    const registry* workflows_;
    std::size_t bytes_{}; ///< written so far
    std::vector<std::string_view> log_; ///< names of rows in the order in which they were written; of keys of written_
    std::vector<detail::event_draft> events_;

    row_overlay::rows written_;
    std::vector<std::pair<std::string, std::uint32_t>> seen_; ///< rows that the store showed, with their records: read again by write_to()
    std::exception_ptr trouble_;
};
}
