#include "store/memory_store.hpp"

#include "base/assert.hpp"
#include "store/one_at_a_time.hpp"

#include <algorithm>
#include <utility>

namespace everstep::store
{
namespace
{
constexpr std::uint64_t key_bytes = 16;

using records = std::map<key, std::string>;
}

// A version that nobody reads is changed in place; one that is being read is copied first, so that a reader keeps what it saw.
struct memory_store::version
{
    std::array<records, table_count> tables;
    std::map<std::string, std::string, std::less<>> rows;
    std::uint64_t used_bytes{};
    std::uint32_t readers{};

    records& of(table where) { return tables[static_cast<std::size_t>(where)]; }
    const records& of(table where) const { return tables[static_cast<std::size_t>(where)]; }

    void erase(table where, key at)
    {
        const auto found = of(where).find(at);
        if (found == of(where).end())
            return;
        used_bytes -= key_bytes + found->second.size();
        of(where).erase(found);
    }

    void erase_range(table where, key from, key to)
    {
        records& all = of(where);
        const auto end = all.lower_bound(to);
        for (auto row = all.lower_bound(from); row != end; row = all.erase(row))
            used_bytes -= key_bytes + row->second.size();
    }

    void put(table where, key at, std::string_view value)
    {
        const auto [found, added] = of(where).try_emplace(at);
        used_bytes += value.size() + (added ? key_bytes : 0);
        used_bytes -= found->second.size();
        found->second.assign(value);
    }

    void erase_row(std::string_view name)
    {
        const auto found = rows.find(name);
        if (found == rows.end())
            return;
        used_bytes -= name.size() + found->second.size();
        rows.erase(found);
    }

    void put_row(std::string_view name, std::string_view value)
    {
        const auto [found, added] = rows.try_emplace(std::string(name));
        used_bytes += value.size() + (added ? name.size() : 0);
        used_bytes -= found->second.size();
        found->second.assign(value);
    }

    void apply(const batch& part)
    {
        for (const batch::row_write& one : part.rows())
        {
            if (one.size == batch::erase_mark)
                erase_row(part.key_of(one));
            else
                put_row(part.key_of(one), part.value_of(one));
        }
        for (const batch::write& one : part.writes())
        {
            if (one.size == batch::erase_mark)
                erase(one.where, one.at);
            else if (one.size == batch::range_mark)
                erase_range(one.where, one.at, part.end_of(one));
            else
                put(one.where, one.at, part.value_of(one));
        }
    }
};

class memory_store::view final : public snapshot
{
public:
    explicit view(const version& seen) : seen_(seen) {}

    std::optional<std::string_view> get(table where, key at) const override
    {
        const auto found = seen_.of(where).find(at);
        if (found == seen_.of(where).end())
            return std::nullopt;
        return found->second;
    }

    void scan(table where, key from, const visitor& visit) const override
    {
        const records& rows = seen_.of(where);
        for (auto row = rows.lower_bound(from); row != rows.end(); ++row)
        {
            if (!visit(row->first, row->second))
                return;
        }
    }

    std::optional<key> last(table where) const override
    {
        const records& rows = seen_.of(where);
        if (rows.empty())
            return std::nullopt;
        return rows.rbegin()->first;
    }

    std::optional<std::string_view> row(std::string_view name) const override
    {
        const auto found = seen_.rows.find(name);
        if (found == seen_.rows.end())
            return std::nullopt;
        return found->second;
    }

    void scan_rows(std::string_view from, const row_visitor& visit) const override
    {
        for (auto row = seen_.rows.lower_bound(from); row != seen_.rows.end(); ++row)
        {
            if (!visit(row->first, row->second))
                return;
        }
    }

private:
    const version& seen_;
};

memory_store::memory_store() : memory_store(options{}) {}

memory_store::memory_store(options chosen) : options_(std::move(chosen)), current_(std::make_shared<version>()) {}

memory_store::~memory_store() = default;

commit_result memory_store::do_commit(std::span<const batch* const> parts, const late_parts& late)
{
    const one_at_a_time alone(committing_);
    std::uint64_t number{};
    {
        const std::lock_guard lock(mutex_);
        if (failed_)
            return {outcome::unknown, "memory store: stopped after an unknown commit"};
        if (std::ranges::all_of(parts, [](const batch* part) { return part->empty(); }))
            return {outcome::durable, {}};
        number = ++commits_;
    }
    const auto more = late ? late() : std::span<const batch* const>();
    const fate decided = options_.decide ? options_.decide(number) : fate::durable; // may look at the store: no lock
    const std::lock_guard lock(mutex_);
    return apply(parts, more, decided);
}

commit_result memory_store::apply(std::span<const batch* const> parts, std::span<const batch* const> more, fate decided)
{
    failed_ = decided == fate::unknown_absent || decided == fate::unknown_present;
    if (decided == fate::full)
        return {outcome::full, "memory store: full by order of the test"};
    if (decided == fate::unknown_absent)
        return {outcome::unknown, "memory store: lost by order of the test"};

    // With a bound the copy is kept as the way back, else it is made only when a reader looks at the current version.
    const bool bounded = options_.capacity_bytes != ~std::uint64_t{0};
    auto next = bounded || current_->readers > 0 ? std::make_shared<version>(*current_) : current_;
    if (next != current_)
        next->readers = 0;
    for (const auto& each : {parts, more})
        for (const batch* part : each)
            next->apply(*part);
    if (next->used_bytes > options_.capacity_bytes)
        return {outcome::full, "memory store: capacity reached"};

    // If we die here (a test drops the engine and clones), the clone has this commit whole: it is the current version.
    current_ = std::move(next);
    ++durable_commits_;
    if (decided == fate::unknown_present)
        return {outcome::unknown, "memory store: unknown by order of the test"};
    return {outcome::durable, {}};
}

std::shared_ptr<memory_store::version> memory_store::pin() const
{
    const std::lock_guard lock(mutex_);
    pinned_.emplace(durable_commits_, current_.get());
    ++current_->readers;
    return current_;
}

void memory_store::unpin(const std::shared_ptr<version>& seen) const
{
    const std::lock_guard lock(mutex_);
    --seen->readers;
    const auto found = std::ranges::find(pinned_, seen.get(), [](const auto& entry) { return entry.second; });
    pinned_.erase(found);
}

void memory_store::read(const std::function<void(const snapshot&)>& visit) const
{
    struct pinned
    {
        const memory_store& owner;
        std::shared_ptr<version> seen;
        ~pinned() { owner.unpin(seen); }
    };
    if (options_.can_read && !options_.can_read())
        throw unreadable("memory store: unreadable by order of the test");
    const pinned look{*this, pin()};
    const view shown(*look.seen);
    visit(shown);
}

space memory_store::usage() const
{
    const std::lock_guard lock(mutex_);
    const std::uint64_t lag = pinned_.empty() ? 0 : durable_commits_ - pinned_.begin()->first;
    return {current_->used_bytes, options_.capacity_bytes, lag};
}

std::unique_ptr<memory_store> memory_store::clone(options chosen) const
{
    auto copy = std::make_unique<memory_store>(std::move(chosen));
    const std::lock_guard lock(mutex_);
    *copy->current_ = *current_;
    copy->current_->readers = 0;
    return copy;
}

std::uint64_t memory_store::commits() const
{
    const std::lock_guard lock(mutex_);
    return commits_;
}
}
