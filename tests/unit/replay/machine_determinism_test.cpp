// Replay repeats: random programs in a random world, replayed whole, cut after every entry and continued, and with one operation
// changed. A failure names its seed; one_program(seed) plays it alone.

#include "replay_player.hpp"

#include <gtest/gtest.h>

#include <iterator>

namespace
{
using namespace everstep::replay;
using namespace everstep::replay::scripted;

constexpr std::uint64_t programs = 20'000;

/// splitmix64.
class chance
{
public:
    explicit chance(std::uint64_t seed) noexcept : state_(seed) {}
    std::uint64_t next() noexcept
    {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }
    std::uint32_t below(std::uint32_t bound) noexcept { return static_cast<std::uint32_t>(next() % bound); }

private:
    std::uint64_t state_;
};

/// What happens next is decided by the seed and the position in the history alone, so a run that was cut goes on the same way.
class random_world final : public outside_world
{
public:
    explicit random_world(std::uint64_t seed) noexcept : seed_(seed) {}

    bool next(const machine& core, std::uint32_t seq, entry& to) override
    {
        chance dice(seed_ ^ (seq * 0xD1B54A32D192ED03ULL));
        const pending& one = core.waiting()[dice.below(static_cast<std::uint32_t>(core.waiting().size()))];
        const std::uint32_t what = dice.below(16);
        to = when(core.now() + dice.below(1'000), entry_of(entry_kind::step_done, one.what.kind, one.where));
        if (what == 0 || one.what.kind == operation_kind::forever)
            to = when(to.at, cancel_asked());
        else if (what == 1)
            to = when(to.at, resumed());
        else if (one.what.kind == operation_kind::timer)
            to.kind = entry_kind::timer_fired, to.at = std::max(core.now(), one.due);
        else
            end_attempt(dice, core, one, to);
        return true;
    }

private:
    static void end_attempt(chance& dice, const machine& core, const pending& one, entry& to)
    {
        to.attempts = one.attempts + 1;
        to.name = one.what.name;
        to.type = one.what.type;
        to.file = one.what.file;
        to.line = one.what.line;
        const std::uint32_t what = dice.below(8);
        if (what < 2)
            to.kind = entry_kind::step_retry, to.due = to.at + dice.below(500), to.code = "busy", to.text = "try later";
        else if (what == 2)
            to.kind = entry_kind::step_failed, to.code = "declined", to.text = "no money";
        else if (what == 3 && core.is_cancelled(one) && one.what.kind == operation_kind::step)
            to.kind = entry_kind::step_dropped;
        else
            to.payload = "{}";
    }

    std::uint64_t seed_;
};

lines random_lines(chance& dice, std::uint32_t most)
{
    constexpr std::string_view names[]{"charge", "reserve", "ship", "note"};
    constexpr std::string_view types[]{"receipt", "void"};
    lines made;
    for (std::uint32_t count = dice.below(most + 1); count != 0; --count)
        switch (dice.below(9))
        {
        case 0: made.push_back(timer(dice.below(3'000), dice.below(2) == 0 ? timer_clock::engine : timer_clock::wall)); break;
        case 1: made.push_back(reply()); break;
        case 2: made.push_back(dice.below(4) == 0 ? forever() : timer(7)); break;
        default: made.push_back(step(names[dice.below(4)], types[dice.below(2)], 80 + dice.below(9)));
        }
    return made;
}

program random_program(std::uint64_t seed)
{
    chance dice(seed * 0x2545F4914F6CDD1DULL + 1);
    program made{.body = random_lines(dice, 4)};
    if (dice.below(2) == 0)
    {
        made.fork = dice.below(static_cast<std::uint32_t>(made.body.size() + 1));
        made.branches = {random_lines(dice, 3), random_lines(dice, 3)};
    }
    if (dice.below(2) == 0)
        made.behind = random_lines(dice, 2);
    made.undoable = dice.below(2) == 0;
    made.failure_ends = dice.below(2) == 0;
    made.compensates = dice.below(4) != 0;
    return made;
}

std::string difference(const player& live, const player& again)
{
    if (!again.trouble().empty())
        return again.trouble();
    return live.log() + "\nis now\n" + again.log();
}

/// Plays one program live, then its history in all ways; what went wrong, or nothing.
std::string one_program(std::uint64_t seed)
{
    const program code = random_program(seed);
    random_world outside(seed);
    recorded_history history;
    player live(code, history, &outside);
    live.play();
    if (!live.ended() || !live.trouble().empty())
        return "live: " + live.log();

    recorded_history whole = history.cut(history.size());
    player replayed(code, whole, nullptr);
    replayed.play();
    if (replayed.moments() != live.moments() || !replayed.trouble().empty() || whole.size() != history.size())
        return "replayed whole: " + difference(live, replayed);

    for (std::uint32_t count = 1; count < history.size(); ++count)
    {
        recorded_history cut = history.cut(count);
        player continued(code, cut, &outside);
        continued.play();
        if (continued.moments() != live.moments() || !continued.trouble().empty())
            return "cut to " + std::to_string(count) + " entries: " + difference(live, continued);
        if (!(cut == history))
            return "cut to " + std::to_string(count) + " entries: other entries follow";
    }
    return {};
}

TEST(MachineDeterminism, RandomProgramsRepeatWholeAndAfterACrashAtEveryEntry)
{
    for (std::uint64_t seed = 0; seed < programs; ++seed)
        ASSERT_EQ(one_program(seed), "") << "seed " << seed;
}

/// Renames the first step that the history has an entry of; the entry's seq, or 0 where there is none. Only in programs that are one
/// line, where an operation's number is its index.
std::uint32_t rename_first_recorded(program& code, const recorded_history& history)
{
    if (code.fork != program::no_fork || !code.behind.empty())
        return 0;
    for (std::uint32_t seq = 1; seq < history.size(); ++seq)
    {
        const entry& e = history[seq];
        if (e.operation != operation_kind::step)
            continue;
        code.body[e.where.numbers()[0]].name = "renamed";
        return seq;
    }
    return 0;
}

TEST(MachineDeterminism, RenamedOperationIsFoundAtItsFirstEntry)
{
    std::uint32_t renamed{};
    for (std::uint64_t seed = 0; seed < programs / 4; ++seed)
    {
        program code = random_program(seed);
        random_world outside(seed);
        recorded_history history;
        player live(code, history, &outside);
        live.play();
        const std::uint32_t seq = rename_first_recorded(code, history);
        if (seq == 0)
            continue;
        ++renamed;
        player again(code, history, nullptr);
        again.play();
        ASSERT_EQ(again.trouble().rfind("diverged: entry " + std::to_string(seq) + " was step ", 0), 0U)
            << "seed " << seed << ": " << again.log();
        ASSERT_NE(again.trouble().find("asks step 'renamed'"), std::string::npos) << again.trouble();
    }
    EXPECT_GT(renamed, programs / 20);
}

/// Kinds of moments and entries that the random programs must reach, so that the test above cannot pass by doing nothing.
TEST(MachineDeterminism, RandomProgramsReachEveryKindOfEntry)
{
    std::array<std::uint32_t, 14> seen{};
    std::uint32_t in_branches{}, undone{};
    for (std::uint64_t seed = 0; seed < 500; ++seed)
    {
        const program code = random_program(seed);
        random_world outside(seed);
        recorded_history history;
        player(code, history, &outside).play();
        for (std::uint32_t seq = 0; seq < history.size(); ++seq)
        {
            ++seen[static_cast<std::size_t>(history[seq].kind)];
            in_branches += history[seq].where.numbers().size() == 3 ? 1U : 0U;
            undone += history[seq].operation == operation_kind::undo ? 1U : 0U;
        }
    }
    for (const auto kind : {entry_kind::step_done, entry_kind::step_failed, entry_kind::step_retry, entry_kind::step_dropped,
                            entry_kind::timer_set, entry_kind::timer_fired, entry_kind::replied, entry_kind::cancel_asked,
                            entry_kind::completed, entry_kind::resumed})
        EXPECT_GT(seen[static_cast<std::size_t>(kind)], 20U) << everstep::journal::name_of(kind);
    EXPECT_GT(in_branches, 100U);
    EXPECT_GT(undone, 100U);
}
}
