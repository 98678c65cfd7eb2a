#include "engine/row_overlay.hpp"

namespace everstep::core
{
const row_overlay::ordered_rows& row_overlay::in_order(const std::string& prefix) const
{
    const auto [table, is_new] = ordered_.try_emplace(prefix.substr(0, prefix_bytes));
    if (is_new)
        for (const auto& [name, current] : rows_)
            if (name.starts_with(table->first))
                table->second.emplace(name, &current);
    return table->second;
}

transaction_number row_overlay::add(rows& written)
{
    const transaction_number number = settled_ + by_transaction_.size() + 1;
    auto& of_this = by_transaction_.emplace_back();
    of_this.reserve(written.size());
    while (!written.empty())
    {
        auto node = written.extract(written.begin());
        node.mapped().by = number;
        auto placed = rows_.insert(std::move(node));
        if (!placed.inserted)
            placed.position->second = std::move(placed.node.mapped());
        of_this.push_back(&*placed.position);
        if (const auto table = ordered_.empty() ? ordered_.end() : ordered_.find(prefix_of(placed.position->first)); table != ordered_.end())
            table->second.insert_or_assign(placed.position->first, &placed.position->second);
    }
    return number;
}

void row_overlay::settle(transaction_number through)
{
    for (; settled_ < through && !by_transaction_.empty(); by_transaction_.pop_front())
    {
        ++settled_;
        for (const rows::value_type* row : by_transaction_.front())
            if (row->second.by == settled_) // a later transaction has not written it again
            {
                if (const auto table = ordered_.empty() ? ordered_.end() : ordered_.find(prefix_of(row->first)); table != ordered_.end())
                    table->second.erase(row->first);
                rows_.erase(rows_.find(row->first));
            }
    }
}
}
