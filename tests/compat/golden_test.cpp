// Journals that other compilers and earlier versions have written: every run of them, cut at every entry, goes on to its recorded end.

#include "compat_workflows.hpp"
#include "journal_dump.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace everstep::test
{
namespace
{
std::vector<std::string> recorded_journals()
{
    std::vector<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(EVERSTEP_TEST_FOLDER "/compat/journals"))
        names.push_back(file.path().stem().string());
    std::sort(names.begin(), names.end());
    return names;
}

class GoldenJournal : public ::testing::TestWithParam<std::string>
{
protected:
    void SetUp() override
    {
        std::ifstream file(std::string(EVERSTEP_TEST_FOLDER "/compat/journals/") + GetParam() + ".txt");
        disk_ = load_journal(file);
        runs_ = read_journal(*disk_->open());
        ASSERT_EQ(runs_.size(), 3u);
        for (const auto& [name, run] : runs_)
            ASSERT_TRUE(run.whole) << name;
    }

    std::unique_ptr<engine_disk> disk_;
    engine_journal runs_;
};

TEST_P(GoldenJournal, AnswersWhatItRecorded)
{
    engine_world world(std::move(disk_));
    engine_stage s(world, compat::add_all);
    compat::everything last = compat::sample(3);
    last.maybe = 7;
    last.number *= 3;
    EXPECT_EQ(s.start(compat::values, "v", compat::sample(0)), "ok") << "the same input";
    EXPECT_EQ(s.reply(compat::values, "v"), encode(compat::sample(3).text));
    EXPECT_EQ(s.result(compat::values, "v"), encode(last));
    EXPECT_EQ(s.result(compat::fails, "f"), "failed lost: the parcel is lost");
    EXPECT_EQ(s.reply(compat::waits, "w"), "7");
    EXPECT_EQ(s.result(compat::waits, "w"), "failed cancelled: enough");
}

TEST_P(GoldenJournal, EveryRunGoesOnFromEveryEntryToItsRecordedEnd)
{
    for (const auto& [name, run] : runs_)
        for (std::size_t entries = 1; entries < run.entries.size(); ++entries)
        {
            SCOPED_TRACE(name + " cut after " + run.entries[entries - 1].brief());
            engine_world world(cut_run(run, entries));
            world.wall = run.entries[entries - 1].at;
            {
                engine_stage s(world, compat::add_all);
                const std::string id = name.substr(name.find('/') + 1);
                if (id == "v")
                    s.result(compat::values, id);
                else if (id == "f")
                    s.result(compat::fails, id);
                else
                {
                    s.reply(compat::waits, id);
                    s.cancel_once(compat::waits, name, "enough");
                    s.result(compat::waits, id);
                }
            }
            const engine_journal now = world.look();
            ASSERT_EQ(text_of(now), text_of({{name, run}}));
            for (const engine_entry& e : now.at(name).entries)
            {
                if (e.brief() == "step_done token")
                {
                    ASSERT_EQ(e.payload, encode(token_at(run.header.seed, e.where)));
                }
            }
        }
}

TEST_P(GoldenJournal, TokensComeFromSeedAndPathAlone)
{
    const engine_run& run = runs_.at("waits/w");
    ASSERT_EQ(run.entries[2].brief(), "step_done token");
    EXPECT_EQ(run.entries[2].payload, encode(token_at(run.header.seed, "1")));
}

INSTANTIATE_TEST_SUITE_P(Recorded, GoldenJournal, ::testing::ValuesIn(recorded_journals()),
                         [](const auto& recorded) { return recorded.param; });
}
}
