// Branches of a run: how they are opened, and what becomes of the others when one has ended.

#include "engine/run_driver_parts.hpp"

#include <everstep/branches.hpp>

#include <exception>
#include <string>
#include <utility>

namespace everstep::core
{
using journal::park_reason;

/// No entry of its own: what its branches ask for has paths below the group's.
void run_driver::open_group(line& at, detail::any_group& op)
{
    static constexpr detail::await_end opened{};
    journal::path prefix = at.counter.prefix;
    journal::path deepest = prefix;
    if (!prefix.push(at.counter.next++) || !deepest.push(0) || !deepest.push(0) || !deepest.push(0))
        return park(park_reason::limits, "branches are nested too deeply at " + replay::describe(ask(op), false) + ": at most " +
                                             std::to_string(journal::path::depth_max / 2) + " levels");
    if (machine_.is_cancelled(at.counter))
    {
        scratch_.delivery = {.what = detail::await_end::kind::cancelled, .slot = nullptr, .code = {},
                             .text = machine_.why_cancelled(at.counter), .path = {}, .attempts = 0};
        op.deliver(scratch_.delivery);
        return go_on(at);
    }
    op.deliver(opened);
    if (op.count() == 0)
        return go_on(at);
    groups_.push_back(std::make_unique<group>(group{op, at, prefix, {}, 0, false}));
    open_branches(*groups_.back());
}

void run_driver::open_branches(group& of)
{
    try
    {
        for (; !of.is_stopping && of.open.size() < of.op.at_once() && of.next < of.op.count(); ++of.next)
        {
            auto one = std::make_unique<line>(*this);
            one->of = &of;
            one->index = of.next;
            one->counter.prefix = of.prefix;
            one->counter.prefix.push(static_cast<std::uint32_t>(of.next));
            one->counter.above = &of.parent.counter;
            one->counter.forgiven = of.parent.counter.forgiven;
            of.open.reserve(of.open.size() + 1);
            runnable_.reserve(runnable_.size() + 1);
            one->innermost = of.op.open(of.next, *one);
            runnable_.push_back(one.get());
            of.open.push_back(std::move(one));
        }
    }
    catch (const std::exception& e) // of frames: what users write runs inside of them
    {
        park(park_reason::limits, std::string("a branch cannot be opened: ") + e.what());
    }
}

void run_driver::branch_ended(line& one)
{
    group& of = *one.of;
    const detail::group_order order = of.op.ended(one.index);
    std::erase_if(of.open, [&](const auto& each) { return each.get() == &one; });
    if (order == detail::group_order::stop_others)
    {
        of.is_stopping = true;
        for (const auto& each : of.open)
            machine_.stop(each->counter);
    }
    open_branches(of);
    if (stopped_ || !of.open.empty())
        return;
    line& parent = of.parent;
    std::erase_if(groups_, [&](const auto& each) { return each.get() == &of; });
    go_on(parent);
}
}
