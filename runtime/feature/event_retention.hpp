#pragma once

// Deletes events that are older than their topic keeps them, or more than it keeps, once every subscription of the topic is through with
// them. A page at a time, on whatever thread has one to spare: the deliverer's.
//
// Threads: the deliverer's only.

#include "feature/event_page.hpp"
#include "store/store.hpp"

#include <everstep/event.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace everstep::core
{
class event_retention
{
public:
    /// Before look(). What is kept for ever is not added.
    void add(std::string topic, const topic_options& kept);
    bool empty() const noexcept { return topics_.empty(); }

    /// The number of a topic's first event that some subscription is not through with, as the journal has it.
    using hold = std::function<event_number(std::string_view topic)>;

    /// Whether look() would do something. Events below `next` are there.
    bool wants_to_look(const hold& first_held, event_number next, base::time_us now) const;
    /// Reads a page of each topic and appends what is to be erased. Throws as read_events().
    void look(const store::snapshot& at, const hold& first_held, event_number next, base::time_us now, store::batch& erases);
    /// When the next event is due to go; INT64_MAX: none is known to be.
    base::time_us next_due(const hold& first_held) const;
    std::uint64_t deleted() const noexcept { return deleted_; }

private:
    struct kept_topic
    {
        std::string name;
        base::time_us keep;      ///< INT64_MAX: for ever
        std::uint64_t bytes_max; ///< 0: any number
        event_number first{1};   ///< below it nothing is left
        event_number counted{1}; ///< the bytes of those below it are counted
        std::uint64_t bytes{};
        base::time_us due{};     ///< of the first event; 0: not known
    };
    void count(const store::snapshot& at, kept_topic& of, event_number next) const;
    void erase_due(const store::snapshot& at, kept_topic& of, event_number until, base::time_us now, store::batch& erases);

    std::vector<kept_topic> topics_;
    std::uint64_t deleted_{};
};
}
