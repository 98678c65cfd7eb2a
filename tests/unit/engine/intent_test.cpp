#include "engine/intent.hpp"

#include "engine/manual_time.hpp"
#include "engine/open_transaction.hpp"
#include "engine/stored_rows.hpp"
#include "fake_host.hpp"
#include "store/memory_store.hpp"

#include <everstep/context.hpp>
#include <everstep/detail/event_draft.hpp>
#include <everstep/transaction.hpp>

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

namespace everstep::core
{
namespace
{
workflow<int> doubles(context&, int n) { co_return 2 * n; }
workflow<std::string> echoes(context&, std::string text) { co_return text; }
workflow<int> forgotten(context&, int n) { co_return n; }

class Intent : public ::testing::Test
{
protected:
    Intent()
    {
        workflows_.add({.name = "doubles", .function = test::fake_host::key_of(doubles), .traits = detail::traits_for<int, void, int>::value,
                        .version = 1});
        workflows_.add({.name = "echoes", .function = test::fake_host::key_of(echoes),
                        .traits = detail::traits_for<std::string, void, std::string>::value, .version = 1});
    }

    template <class Body>
    void run(Body&& body)
    {
        open_transaction opened({store_, overlay_, known_, topics_, value_bytes_max, 1'000'000, time_, &workflows_});
        transaction tx(opened, services_);
        body(tx);
        store::batch made;
        opened.write_to(made);
        event_number_ = 1;
        made.number_events(event_number_);
        const std::array<const store::batch*, 1> parts{&made};
        store_.commit(parts);
    }
    template <class Body>
    errc why_not(Body&& body)
    {
        try
        {
            run(body);
        }
        catch (const engine_error& e)
        {
            return e.why();
        }
        return {};
    }
    std::optional<event> stored()
    {
        std::optional<event> found;
        store_.read([&](const store::snapshot& now) {
            snapshot_rows rows(now);
            detail::visit_events(rows, intent_topic, 0, [&](const event& one) { return found = one, true; });
        });
        return found;
    }

    static constexpr std::size_t value_bytes_max = 1'000;
    store::memory_store store_;
    row_overlay overlay_;
    known_tables known_;
    std::set<std::string, std::less<>> topics_; // of the user's; the engine's own is none of them
    manual_time time_{1'000'000};
    registry workflows_;
    services services_;
    journal::event_number event_number_{1};
};

TEST_F(Intent, AStartIsAnEventOfTheEnginesTopicWithAllThatItNeeds)
{
    run([](transaction& tx) { tx.start(doubles, "d-1", 21); });
    const auto wanted = stored().value().as<intent>();
    EXPECT_EQ(wanted.workflow, "doubles");
    EXPECT_EQ(wanted.id, "d-1");
    EXPECT_EQ(wanted.bytes, "21");
}

TEST_F(Intent, AWorkflowThatWasNotAddedIsRefused)
{
    EXPECT_EQ(why_not([](transaction& tx) { tx.start(forgotten, "f-1", 1); }), errc::wrong_use);
}

TEST_F(Intent, AnIdWithoutBytesOrWithTooManyIsRefused)
{
    EXPECT_EQ(why_not([](transaction& tx) { tx.start(doubles, "", 1); }), errc::limit);
    EXPECT_EQ(why_not([](transaction& tx) { tx.start(doubles, std::string(256, 'i'), 1); }), errc::limit);
    EXPECT_EQ(why_not([](transaction& tx) { tx.start(doubles, std::string(255, 'i'), 1); }), errc{});
}

TEST_F(Intent, AnInputOverItsLimitIsRefused)
{
    EXPECT_EQ(why_not([](transaction& tx) { tx.start(echoes, "e-1", std::string(value_bytes_max - 2, 'x')); }), errc{});
    EXPECT_EQ(why_not([](transaction& tx) { tx.start(echoes, "e-1", std::string(value_bytes_max - 1, 'x')); }), errc::limit);
}
}
}
