#include "store/lmdb/lmdb_store.hpp"

#include "base/assert.hpp"
#include "store/lmdb/cursor.hpp"
#include "store/lmdb/lmdb_error.hpp"
#include "store/one_at_a_time.hpp"

#include <algorithm>
#include <cerrno>

namespace everstep::store::lmdb
{
namespace
{
class view final : public snapshot
{
public:
    explicit view(const read_txn& reading) : reading_(reading) {}

    std::optional<std::string_view> get(table where, key at) const override
    {
        require_parent();
        return reading_.get(where, at);
    }

    void scan(table where, key from, const visitor& visit) const override
    {
        require_parent();
        cursor rows(reading_, where);
        for (auto row = rows.at_or_after(from); row; row = rows.next())
        {
            if (!visit(row->at, row->value))
                return;
        }
    }

    std::optional<key> last(table where) const override
    {
        require_parent();
        cursor rows(reading_, where);
        const auto row = rows.last();
        return row ? std::optional(row->at) : std::nullopt;
    }

    std::optional<std::string_view> row(std::string_view name) const override
    {
        require_parent();
        return reading_.row(name);
    }

    void scan_rows(std::string_view from, const row_visitor& visit) const override
    {
        require_parent();
        row_cursor rows(reading_);
        for (auto row = rows.at_or_after(from); row; row = rows.next())
        {
            if (!visit(row->name, row->value))
                return;
        }
    }

private:
    void require_parent() const
    {
        if (reading_.owner().forked())
            throw forked();
    }

    const read_txn& reading_;
};

// More pages than a commit of so many writes can dirty, but for the deepest trees.
std::uint64_t bytes_to_write(std::size_t writes)
{
    constexpr std::uint64_t page = 4096;
    constexpr std::uint64_t fixed_pages = 64;
    return (2 * writes + fixed_pages) * page;
}
}

lmdb_store::lmdb_store(std::unique_ptr<owner_lock> owner, std::unique_ptr<environment> opened, ballast carried)
    : owner_(std::move(owner)), environment_(std::move(opened)), ballast_(std::move(carried)),
      capacity_bytes_(environment_->map_bytes())
{
    used_bytes_ = read_txn(*environment_).used_bytes();
}

void lmdb_store::require_parent() const
{
    if (owner_->in_forked_child())
        throw forked();
}

commit_result lmdb_store::do_commit(std::span<const batch* const> parts, const late_parts& late)
{
    require_parent();
    const one_at_a_time alone(committing_);
    if (!failure_.empty())
        return {outcome::unknown, failure_};
    order_.gather(parts);
    if (order_.size() == 0)
        return {outcome::durable, {}};
    try
    {
        write(parts, late);
    }
    catch (const lmdb_error& failed)
    {
        environment_->row_table_aborted();
        return refuse(failed.code(), failed.what());
    }
    if (!ballast_.carried())
        ballast_.take_on();
    return {outcome::durable, {}};
}

void lmdb_store::write(std::span<const batch* const> parts, const late_parts& late)
{
    write_txn writing(*environment_);
    writes_ = 0;
    write_gathered(writing, parts);
    if (late)
    {
        const auto more = late();
        order_.gather(more);
        write_gathered(writing, more);
    }
    const std::uint64_t used = writing.used_bytes();
    // If we die before the meta page is on disk, recovery finds the commit before this one; after it, this one, whole.
    // Whether the caller was told does not matter: what was not acknowledged may be there or not, and stays so.
    std::move(writing).commit();
    environment_->row_table_committed();
    used_bytes_.store(used, std::memory_order_relaxed);
}

void lmdb_store::write_gathered(write_txn& within, std::span<const batch* const> parts)
{
    writes_ += order_.size();
    for (std::size_t i = 0; i < table_count; ++i)
    {
        const auto where = static_cast<table>(i);
        const auto items = order_.of(where);
        const auto ranges = order_.ranges(where);
        if (items.empty() && ranges.empty())
            continue;
        write_cursor rows(within, where);
        for (const write_order::range& one : ranges)
            writes_ += rows.erase_range(one.from, one.to);
        for (const write_order::item& one : items)
        {
            const batch& part = *parts[one.part];
            const batch::write& what = part.writes()[one.write];
            if (what.size == batch::erase_mark)
                rows.erase(one.at);
            else
                rows.put(one.at, part.value_of(what));
        }
    }
    if (order_.rows().empty())
        return;
    row_write_cursor rows(within, *environment_);
    for (const write_order::row& one : order_.rows())
    {
        const batch& part = *parts[one.part];
        const batch::row_write& what = part.rows()[one.write];
        if (what.size == batch::erase_mark)
            rows.erase(one.name);
        else
            rows.put(one.name, part.value_of(what));
    }
}

bool lmdb_store::is_full(int code) const
{
    // LMDB says EIO for a short write, and a full disk's first answer is a short write. Nothing was committed then, and a
    // commit tried again writes all of its pages again; so taking a broken disk that is also full for full does no harm.
    return says_full(code) || (code == EIO && !ballast_.room_for(bytes_to_write(writes_)));
}

commit_result lmdb_store::refuse(int code, const std::string& text)
{
    // A meta page that could not be written may be on disk all the same: that is unknown, whatever the error says (H3).
    if (is_full(code) && !environment_->panicked())
    {
        const bool freed = !says_map_full(code) && ballast_.drop();
        return {outcome::full, freed ? text + "; the reserve beside the journal was freed" : text};
    }
    // After a failed sync the kernel takes dirty pages for clean, so another try could succeed without its bytes (H2).
    failure_ = text;
    return {outcome::unknown, text};
}

void lmdb_store::read(const std::function<void(const snapshot&)>& visit) const
{
    require_parent();
    try
    {
        const read_txn reading(*environment_);
        visit(view(reading));
    }
    catch (const lmdb_error& failed)
    {
        throw unreadable(failed.what());
    }
}

space lmdb_store::usage() const
{
    require_parent();
    try
    {
        return {used_bytes_.load(std::memory_order_relaxed), capacity_bytes_, environment_->oldest_reader_lag()};
    }
    catch (const lmdb_error& failed)
    {
        throw unreadable(failed.what());
    }
}

std::uint32_t lmdb_store::check_readers()
{
    require_parent();
    try
    {
        return environment_->check_readers();
    }
    catch (const lmdb_error& failed)
    {
        throw unreadable(failed.what());
    }
}
}
