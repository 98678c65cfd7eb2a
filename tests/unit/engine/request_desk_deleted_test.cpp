// Requests for a run that is deleted while they are decided: the journal loses it between two looks of one request, or before its shard
// has forgotten it.

#include "engine/request_desk.hpp"

#include "fake_host.hpp"

#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <latch>
#include <string>

namespace everstep::core
{
namespace
{
using detail::request_kind;
using test::fake_host;

workflow<int> twice(context&, int n) { co_return 2 * n; }
workflow<int> doubles_in_a_step(context& ctx, int n)
{
    co_return co_await ctx.step("double", [&] { return 2 * n; });
}
workflow<int, int> replies(context& ctx, int n)
{
    co_await ctx.reply(n);
    co_return 2 * n;
}
workflow<int> fails(context&, int n)
{
    if (n != 0)
        throw permanent_error{"no", "never"};
    co_return n;
}

/// What retention does, in a commit of the test's own.
void delete_run(fake_host& host, base::run_number run)
{
    const std::uint64_t number = base::to_integer(run);
    store::batch erases;
    erases.erase_range(journal::table::history, {number, 0}, {number + 1, 0});
    erases.erase_range(journal::table::run, {number, 0}, {number + 1, 0});
    erases.erase_range(journal::table::id, {0, 0}, {1, 0});
    erases.erase_range(journal::table::finished, {0, 0}, {~std::uint64_t{0}, 0});
    const position at = host.commits().submit(erases, everstep::core::urgency::background);
    while (host.commits().durable_through(everstep::core::urgency::background) < at)
        std::this_thread::yield();
}

/// A run that ended, as a request found it before it was deleted.
class FoundAndDeleted : public testing::Test
{
protected:
    FoundAndDeleted()
    {
        host_.add("twice", twice);
        host_.add("replies", replies);
        host_.add("fails", fails);
        host_.start();
    }
    template <class Result, class Reply>
    std::string answer_of(const std::string& name, workflow<Result, Reply> (*function)(context&, int),
                          request_kind what)
    {
        host_.start(function, "a", 1)->value();
        host_.result(function, "a")->value();
        const journal_reader reader(host_.journal());
        const auto found = reader.find(host_.ids, host_.newest_run(), journal::id_hash(name, "a"), name, "a");
        delete_run(host_, found.value().number);
        test::given_answer got;
        got.set(request_desk::answer_from_journal(reader, *found, what).value());
        return got.text();
    }

    fake_host host_;
};

TEST_F(FoundAndDeleted, ItsResultIsNotFound)
{
    EXPECT_EQ(answer_of("twice", twice, request_kind::result),
              "refused not_found: there is no run 'twice/a': start it");
}
TEST_F(FoundAndDeleted, ItsReplyIsNotFound)
{
    EXPECT_EQ(answer_of("replies", replies, request_kind::reply),
              "refused not_found: there is no run 'replies/a': start it");
}
TEST_F(FoundAndDeleted, TheReasonOfItsFailureIsNotFound)
{
    EXPECT_EQ(answer_of("fails", fails, request_kind::status),
              "refused not_found: there is no run 'fails/a': start it");
}
TEST_F(FoundAndDeleted, ItsStateWithoutAReasonIsWhatItWas)
{
    EXPECT_EQ(answer_of("twice", twice, request_kind::status), "ok");
}

/// Where a workflow's code holds up its shard.
struct crossing
{
    std::latch came{1}, go_on{1};
};

workflow<int> stands(context& ctx, int n)
{
    auto& here = ctx.use<crossing>();
    here.came.count_down();
    here.go_on.wait();
    co_return n;
}

class second_crossing : public crossing
{
};
workflow<int> stands_again(context& ctx, int n)
{
    auto& here = ctx.use<second_crossing>();
    here.came.count_down();
    here.go_on.wait();
    co_return n;
}

TEST(DeletedWhileInMemory, StartBeginsANewRun)
{
    crossing first;
    second_crossing second;
    fake_host host;
    host.given.add(first);
    host.given.add(second);
    host.add("twice", doubles_in_a_step);
    host.add("stands", stands);
    host.add("stands_again", stands_again);
    host.start();
    EXPECT_EQ(host.start(doubles_in_a_step, "a", 1)->text(), "ok");
    host.hold_commits();
    host.finish(host.take_job());
    host.await_commit(); // of its end
    const auto waits = host.start(stands, "first", 0);
    first.came.wait();
    // In one sweep: the shard looks what is durable, the end of "a" is not, and is held up again; meanwhile it becomes durable and the run
    // is deleted, and then comes the second start.
    const auto waits_again = host.start(stands_again, "second", 0);
    const auto started_again = host.start(doubles_in_a_step, "a", 5);
    first.go_on.count_down();
    second.came.wait();
    host.let_commits();
    delete_run(host, base::run_number{1});
    second.go_on.count_down();
    EXPECT_EQ(started_again->text(), "ok");
    EXPECT_EQ(host.run_until(host.result(doubles_in_a_step, "a")), "10");
    host.settle(doubles_in_a_step);
    EXPECT_EQ(host.result(doubles_in_a_step, "a")->text(), "10") << "also when the first run is forgotten";
}
}
}
