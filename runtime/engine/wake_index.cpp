#include "engine/wake_index.hpp"

#include "journal/header.hpp"

#include <algorithm>

namespace everstep::core
{
using journal::record_key;
using journal::table;

std::size_t wake_index::load(const taker& take, const std::function<void(base::run_number)>& damaged)
{
    record_key from;
    {
        std::lock_guard lock(mutex_);
        if (loading_)
            return 0;
        loading_ = true;
        from = horizon_;
    }
    const auto end_at = [this](record_key horizon) {
        std::lock_guard lock(mutex_);
        horizon_ = horizon;
        loading_ = false;
    };
    try
    {
        const record_key to = end_of_page(from);
        {
            // Before the rows are read: a run that comes to rest meanwhile must not fall between them and the horizon.
            std::lock_guard lock(mutex_);
            horizon_ = to;
        }
        const std::size_t given = read_page(from, to, take, damaged);
        end_at(to);
        return given;
    }
    catch (...)
    {
        end_at(from); // the page is read again, and rows that were given come twice: they are hints
        throw;
    }
}

record_key wake_index::end_of_page(record_key from) const
{
    // "Messages only" rows are never due: the horizon stops before them.
    const record_key end{static_cast<std::uint64_t>(journal::due_never), 0};
    record_key to = end;
    store_.read([&](const store::snapshot& now) {
        std::size_t seen = 0;
        now.scan(table::wake, from, [&](record_key at, std::string_view) {
            to = std::min(at, end);
            return at < end && seen++ < page_rows;
        });
        if (seen <= page_rows)
            to = end;
    });
    return to;
}

std::size_t wake_index::read_page(record_key from, record_key to, const taker& take,
                                  const std::function<void(base::run_number)>& damaged) const
{
    std::size_t given = 0;
    store_.read([&](const store::snapshot& now) {
        now.scan(table::wake, from, [&](record_key at, std::string_view value) {
            if (at >= to)
                return false;
            const auto run = base::run_number{at.minor};
            if (const auto stored = journal::decode_wake(at, value))
                take({static_cast<base::time_us>(at.major), run, stored->id_hash});
            else
                damaged(run);
            ++given;
            return true;
        });
    });
    return given;
}

bool wake_index::is_before_horizon(base::time_us due, base::run_number run) const
{
    std::lock_guard lock(mutex_);
    return journal::wake_key(due, run) < horizon_;
}

base::time_us wake_index::horizon() const
{
    std::lock_guard lock(mutex_);
    return static_cast<base::time_us>(horizon_.major);
}
}
