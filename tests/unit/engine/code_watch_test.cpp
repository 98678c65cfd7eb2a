#include "engine/code_watch.hpp"

#include "opened_engine.hpp"

#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

class CodeWatch : public ::testing::Test
{
protected:
    CodeWatch()
    {
        header_.workflow = "checkout";
        header_.id = "o-1";
    }
    std::string look()
    {
        const code_watch::seen found = watch_.look();
        return found.is_blocked ? found.workflow + "/" + found.run + " " + found.operation : found.is_at_work ? "at work" : "at rest";
    }
    journal::run_header header_;
    code_watch watch_;
};

TEST_F(CodeWatch, CodeThatIsFoundTwiceIsNamedOnce)
{
    EXPECT_EQ(look(), "at rest");
    watch_.begin(header_);
    watch_.asks("charge");
    const std::string here = "code_watch_test.cpp:" + std::to_string(__LINE__ - 1);
    EXPECT_EQ(look(), "at work");
    EXPECT_EQ(look(), "checkout/o-1 'charge' (" + here + ")");
    EXPECT_EQ(look(), "at work");
    watch_.end();
    EXPECT_EQ(look(), "at rest");
}

TEST_F(CodeWatch, CodeThatHasComeOutMeanwhileIsNot)
{
    watch_.begin(header_);
    EXPECT_EQ(look(), "at work");
    watch_.end();
    watch_.begin(header_);
    EXPECT_EQ(look(), "at work");
    EXPECT_EQ(look(), "checkout/o-1 ");
    watch_.end();
}

TEST_F(CodeWatch, AShortTurnBetweenTwoLooksIsWork)
{
    watch_.begin(header_);
    watch_.end();
    EXPECT_EQ(look(), "at work");
    EXPECT_EQ(look(), "at rest");
}

TEST_F(CodeWatch, OfALongNameTheFirstLettersAreSaid)
{
    watch_.begin(header_);
    watch_.asks(std::string(100, 'n'));
    look();
    EXPECT_EQ(look().substr(0, 62), "checkout/o-1 '" + std::string(48, 'n'));
    watch_.end();
}

struct latch
{
    std::promise<void> told;
};

workflow<int> blocks(context& ctx, int)
{
    const step_options here{.place = step_place::shard};
    co_await ctx.step("look", here, [] { return 1; });
    ctx.use<latch>().told.get_future().wait(); // no step: what must not be
    co_return 1;
}

TEST(CodeWatcher, TheLogNamesCodeThatBlocks)
{
    latch until_told;
    std::string said;
    opened_engine engine(std::make_shared<store::memory_store>(), {.log = [&](const log_line& line) {
                                                                       if (line.text.find("computes or blocks") == std::string_view::npos)
                                                                           return;
                                                                       said = std::string(line.workflow) + "/" + std::string(line.run) + ": " +
                                                                              std::string(line.text);
                                                                       until_told.told.set_value();
                                                                   }},
                         1ms);
    engine.core->given.add(until_told);
    engine.add("blocks", blocks);
    engine.core->open();
    engine.start(blocks, "a", 0)->value();
    EXPECT_EQ(engine.ask(detail::request_kind::result, blocks, "a")->value().bytes, "1");
    EXPECT_NE(said.find("blocks/a: its code computes or blocks for over 1 ms, behind 'look' (code_watch_test.cpp:"), std::string::npos) << said;
    EXPECT_EQ(engine.core->count.turns_blocked, 1u);
}
}
}
