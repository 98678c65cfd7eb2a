// No room for the journal: starts wait or are refused, what runs goes on when there is room again, and nothing that was acknowledged is
// lost. A small tmpfs where mounting is allowed, a limit of file size everywhere, a small map.

#include "store_directory.hpp"

#include <everstep/async.hpp>
#include <everstep/engine.hpp>

#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;
constexpr std::uint64_t mebibyte = 1 << 20;

workflow<std::size_t> keeps(context& ctx, std::string text)
{
    co_return co_await ctx.step("measure", [&] { return text.size(); });
}

struct doors
{
    std::latch inside{1};
    std::latch open{1};
};

/// Its step has begun before the disk is full, and ends after.
workflow<int> lasts(context& ctx, int from)
{
    auto& door = ctx.use<doors>();
    const int first = co_await ctx.step("inside", [&] {
        door.inside.count_down();
        door.open.wait();
        return from + 1;
    });
    co_return co_await ctx.step("after", [&] { return first + 1; });
}

class crowded_engine
{
public:
    using handle = run<std::size_t>;

    explicit crowded_engine(const std::string& journal, std::uint64_t map_bytes = 256 * mebibyte)
    {
        engine_options options;
        options.journal = journal;
        options.map_bytes = map_bytes;
        options.log = [this](const log_line& line) {
            const std::scoped_lock lock(mutex_);
            is_full_ = is_full_ || line.text.find("no room for the journal") != std::string_view::npos;
            changed_.notify_all();
        };
        shop_ = std::make_unique<engine>(options);
        shop_->provide(door);
        shop_->add("keeps", keeps);
        shop_->add("lasts", lasts);
        shop_->open();
    }
    ~crowded_engine()
    {
        if (!door.open.try_wait())
            door.open.count_down(); // a test that failed half way
        shop_.reset();
    }

    engine& shop() { return *shop_; }

    /// Starts more runs than there is room for, and leaves them to it.
    bool crowd()
    {
        const std::string text(100'000, 'x');
        for (int n = 0; n < 200; ++n)
            waiting.push_back(shop_->async_start(keeps, "k-" + std::to_string(n), text, boost::asio::use_future));
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 60s, [this] { return is_full_; });
    }

    errc refusal()
    {
        try
        {
            shop_->start(keeps, "refused", "x", admission::refuse);
        }
        catch (const engine_error& e)
        {
            return e.why();
        }
        return {};
    }

    doors door;
    std::vector<std::future<handle>> waiting;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_full_{};
    std::unique_ptr<engine> shop_;
};

/// A disk that is full, and then not.
void survives(const std::string& journal, const std::function<void()>& fill, const std::function<void()>& free)
{
    std::size_t runs = 0;
    {
        crowded_engine crowded(journal);
        auto running = crowded.shop().start(lasts, "l", 1);
        crowded.door.inside.wait();
        fill();
        ASSERT_TRUE(crowded.crowd());
        EXPECT_EQ(crowded.refusal(), errc::overloaded);
        auto late = crowded.shop().async_start(keeps, "late", "waits", boost::asio::use_future);
        EXPECT_GT(crowded.shop().metrics().commits_delayed_full, 0u);
        crowded.door.open.count_down();

        free();
        EXPECT_EQ(running.result(), 3);
        EXPECT_EQ(late.get().result(), 5u);
        for (auto& start : crowded.waiting)
            EXPECT_EQ(start.get().result(), 100'000u);
        runs = crowded.waiting.size();
    }
    crowded_engine again(journal);
    EXPECT_EQ(again.shop().run(lasts, "l").result(), 3);
    for (std::size_t n = 0; n < runs; ++n)
        ASSERT_EQ(again.shop().run(keeps, "k-" + std::to_string(n)).result(), 100'000u) << n;
}

TEST(FullDisk, StartsWaitAndRunningWorkEndsWhenThereIsRoomAgain)
{
    const small_disk disk(64 * mebibyte);
    if (!disk.mounted())
    {
        std::fprintf(stderr, "no right to mount a tmpfs: this test looked at nothing\n");
        return;
    }
    const std::string filler = disk.path() + "/filler";
    survives(disk.path() + "/journal",
             [&] {
                 std::ofstream fills(filler, std::ios::binary);
                 const std::string block(4096, 'x');
                 while (disk.free_bytes() >= mebibyte)
                     fills << block << std::flush;
             },
             [&] { std::filesystem::remove(filler); });
}

/// Of this process, until the end of the scope.
class file_size_limit
{
public:
    file_size_limit() : ignored_(std::signal(SIGXFSZ, SIG_IGN)) { ::getrlimit(RLIMIT_FSIZE, &before_); }
    ~file_size_limit()
    {
        lift();
        std::signal(SIGXFSZ, ignored_);
    }
    file_size_limit(const file_size_limit&) = delete;
    file_size_limit& operator=(const file_size_limit&) = delete;

    void set(rlim_t bytes)
    {
        rlimit now = before_;
        now.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &now);
    }
    void lift() { ::setrlimit(RLIMIT_FSIZE, &before_); }

private:
    void (*ignored_)(int);
    rlimit before_{};
};

TEST(FullDisk, LimitOfFileSizeIsAFullDisk)
{
    const store_directory directory;
    file_size_limit limit;
    survives(directory / "journal", [&] { limit.set(2 * mebibyte + 1'000); }, [&] { limit.lift(); });
}

TEST(FullMap, StartsAreRefusedWhileRunningWorkEndsAndALargerMapTakesMore)
{
    const store_directory directory;
    std::size_t acknowledged = 0;
    {
        crowded_engine crowded(directory / "journal", 16 * mebibyte);
        auto running = crowded.shop().start(lasts, "l", 1);
        crowded.door.inside.wait();
        const std::string text(20'000, 'x');
        errc why{};
        for (; why == errc{} && acknowledged < 1'000; ++acknowledged)
            try
            {
                crowded.shop().start(keeps, "k-" + std::to_string(acknowledged), text, admission::refuse);
            }
            catch (const engine_error& e)
            {
                why = e.why();
                --acknowledged;
            }
        EXPECT_EQ(why, errc::overloaded);
        EXPECT_GT(acknowledged, 100u);
        crowded.door.open.count_down();
        EXPECT_EQ(running.result(), 3);
    }
    crowded_engine larger(directory / "journal", 64 * mebibyte);
    for (std::size_t n = 0; n < acknowledged; ++n)
        ASSERT_EQ(larger.shop().run(keeps, "k-" + std::to_string(n)).result(), 20'000u) << n;
    EXPECT_EQ(larger.refusal(), errc{});
}
}
}
