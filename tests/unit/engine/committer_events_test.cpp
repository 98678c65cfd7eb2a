// Events get their numbers from the committer, in the order of commits.

#include "engine/committer.hpp"
#include "engine/stored_rows.hpp"
#include "store/memory_store.hpp"

#include <everstep/detail/event_draft.hpp>

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace everstep::core
{
namespace
{
using fate = store::memory_store::fate;

class CommitterEvents : public ::testing::Test
{
protected:
    CommitterEvents()
    {
        store::memory_store::options chosen;
        chosen.decide = [this](std::uint64_t) {
            std::unique_lock lock(mutex_);
            waits_ = held_;
            changed_.notify_all();
            changed_.wait(lock, [this] { return !held_; });
            waits_ = false;
            return fulls_ > 0 && fulls_-- > 0 ? fate::full : fate::durable;
        };
        store_ = std::make_unique<store::memory_store>(chosen);
        committer::events on;
        on.now = [] { return base::time_us{0}; };
        on.durable = [this] { change([] {}); };
        on.numbered = [this](store::batch&, journal::event_number next) { change([&] { numbered_.push_back(next); }); };
        committer_ = std::make_unique<committer>(*store_, std::move(on));
    }
    ~CommitterEvents() override
    {
        change([this] { held_ = false; });
        committer_->stop();
    }

    position publish(const std::string& data, urgency how)
    {
        store::batch made = with_event(data);
        return committer_->submit(made, how);
    }
    static store::batch with_event(const std::string& data)
    {
        std::string value;
        journal::encode({.at = 0, .topic = "orders", .id = "i", .source = "s", .type = "t", .subject = "", .key = "", .traceparent = "", .data = data},
                        value);
        store::batch made;
        made.put_event("orders", value);
        return made;
    }
    void await(urgency how, position at)
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return committer_->durable_through(how) >= at; });
    }
    void await_commit()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return waits_; });
    }
    template <class Change>
    void change(Change&& what)
    {
        const std::scoped_lock lock(mutex_);
        what();
        changed_.notify_all();
    }
    std::string stored()
    {
        std::string text;
        store_->read([&](const store::snapshot& now) {
            snapshot_rows rows(now);
            detail::visit_events(rows, "orders", 0, [&](const event& one) {
                text += std::to_string(one.number) + one.data + " ";
                return true;
            });
        });
        return text;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    bool held_{}, waits_{};
    int fulls_{};
    std::vector<journal::event_number> numbered_; ///< what the journal was told
    std::unique_ptr<store::memory_store> store_;
    std::unique_ptr<committer> committer_;
};

TEST_F(CommitterEvents, NumbersFollowTheOrderOfCommits)
{
    committer_->start(5);
    await(urgency::background, publish("a", urgency::background));
    await(urgency::caller_waits, publish("b", urgency::caller_waits));
    await(urgency::background_transaction, publish("c", urgency::background_transaction));
    EXPECT_EQ(stored(), "5a 6b 7c ");
    EXPECT_EQ(numbered_, (std::vector<journal::event_number>{6, 7, 8}));
}

TEST_F(CommitterEvents, ACommitOfItsOwnThreadGivesNumbersToo)
{
    committer_->start();
    store::batch made = with_event("a");
    await(urgency::caller_waits, committer_->commit_here(made, urgency::caller_waits));
    EXPECT_EQ(stored(), "1a ");
}

TEST_F(CommitterEvents, WhoComesLateHasTheHigherNumber)
{
    committer_->start();
    change([this] { held_ = true; });
    const position first = publish("a", urgency::background);
    await_commit();
    const position second = publish("b", urgency::background);
    const position late = publish("c", urgency::caller_waits);
    change([this] { held_ = false; });
    await(urgency::background, second);
    await(urgency::caller_waits, late);
    EXPECT_LT(first, second);
    const std::string found = stored();
    EXPECT_EQ(found.substr(0, 3), "1a ");
    EXPECT_EQ(found.size(), 9u);
}

TEST_F(CommitterEvents, ACommitThatFindsNoRoomUsesNoNumbers)
{
    fulls_ = 2;
    committer_->start();
    await(urgency::caller_waits, publish("a", urgency::caller_waits));
    await(urgency::caller_waits, publish("b", urgency::caller_waits));
    EXPECT_EQ(stored(), "1a 2b ");
}

TEST_F(CommitterEvents, ACommitWithoutEventsTellsNothing)
{
    committer_->start();
    store::batch made;
    made.put_row("a", "b");
    await(urgency::caller_waits, committer_->submit(made, urgency::caller_waits));
    EXPECT_TRUE(numbered_.empty());
}
}
}
