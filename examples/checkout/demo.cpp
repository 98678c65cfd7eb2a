// The demonstration: sends the orders of a file through the shop, kills it mid-way, and then looks whether a promise was broken.
// Exit status: 0 all promises held, 1 one did not, 2 something it was given cannot be used.

#include "audit.hpp"
#include "books.hpp"
#include "kill_loop.hpp"
#include "order_file.hpp"
#include "synchronous.hpp"

#include <everstep/error.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace shop
{
namespace
{
namespace fs = std::filesystem;

/// Where journal, books and marks lie: what the user names, and that stays; or a directory of our own, which goes.
class workplace
{
public:
    explicit workplace(demo_options& options)
    {
        if (options.journal.empty())
        {
            // Beside the program, on a real disk: the usual place for temporary files may be memory.
            own_ = fs::read_symlink("/proc/self/exe").parent_path() / "demonstration-XXXXXX";
            if (!::mkdtemp(own_.data()))
                throw bad_input(own_ + ": " + std::strerror(errno));
            options.journal = own_ + "/journal";
        }
        std::error_code failed;
        fs::create_directories(fs::absolute(options.journal).parent_path(), failed);
        if (failed)
            throw bad_input(options.journal + ": " + failed.message());
        // Books of a journal that is gone would count its orders against the new one.
        if (!fs::exists(options.journal))
            for (const char* part : {"", "-wal", "-shm"})
                fs::remove(options.world() + part);
    }
    workplace(const workplace&) = delete;
    workplace& operator=(const workplace&) = delete;
    ~workplace()
    {
        std::error_code ignored;
        if (!own_.empty())
            fs::remove_all(own_, ignored);
    }

    /// Somebody will want to see it.
    void keep() noexcept { own_.clear(); }

private:
    std::string own_;
};

void print_skipped(const std::string& file, const std::vector<skipped_row>& skipped)
{
    constexpr std::size_t shown = 20;
    for (std::size_t i = 0; i < std::min(skipped.size(), shown); ++i)
        std::cout << "skipped " << file << ':' << skipped[i].line << ": " << skipped[i].why << '\n';
    if (skipped.size() > shown)
    {
        std::cout << "skipped also lines";
        for (std::size_t i = shown; i < skipped.size(); ++i)
            std::cout << ' ' << skipped[i].line;
        std::cout << '\n';
    }
    std::cout << std::flush;
}

void write_json(const std::string& file, const std::string& text)
{
    std::ofstream out(file, std::ios::trunc);
    out << text << std::flush;
    if (!out)
        throw bad_input(file + ": " + std::strerror(errno));
}

figures demonstrate(const demo_options& options, const order_list& read)
{
    const auto epochs_before = books(options.world()).last_epoch(); // of earlier demonstrations with the same journal
    front_desk desk = front_desk::create(options.desk(), read.orders.size(), epochs_before);
    figures found;
    found.orders_read = read.orders.size() + read.skipped.size();
    found.orders_skipped = read.skipped.size();

    kill_loop loop(options, read.orders, desk);
    loop.run();
    found.kills = loop.kills();

    desk.next_epoch();
    audit_journal(options, read.orders, desk, found);
    audit_books(options, read.orders, desk, loop.restarts(), epochs_before + 1, found);

    const std::string file = options.journal + ".synchronous.sqlite";
    found.synchronous = measure_synchronous(read.orders, file, options.service);
    for (const char* part : {"", "-wal", "-shm"})
        fs::remove(file + part);
    return found;
}

int judge(const figures& found, workplace& place, const std::string& journal)
{
    if (found.broken.empty() && !found.lost_acknowledged && !found.double_effects && !found.recorded_steps_rerun &&
        found.orders_read == found.orders_skipped + found.paid + found.declined)
        return 0;
    place.keep();
    std::cerr << "checkout: a promise was broken; the journal is kept in " << journal << ", its log beside it\n";
    for (std::size_t i = 0; i < std::min<std::size_t>(found.broken.size(), 20); ++i)
        std::cerr << "  " << found.broken[i] << '\n';
    return 1;
}

int demonstration(int count, char** arguments)
{
    demo_options options = demo_options::parse(count, arguments);
    const order_list read = read_orders(options.orders, options.day);
    if (!options.json.empty() && !std::ofstream(options.json, std::ios::app))
        throw bad_input(options.json + ": " + std::strerror(errno)); // now, not after all the work
    workplace place(options);
    print_skipped(options.orders, read.skipped);

    const figures found = demonstrate(options, read);
    print_table(std::cout, found);
    if (!options.json.empty())
        write_json(options.json, to_json(found));
    return judge(found, place, options.journal);
}
}
}

int main(int count, char** arguments)
{
    const auto fail = [](const char* why, int status) {
        std::cerr << "checkout: " << why << std::endl;
        return status;
    };
    try
    {
        return shop::demonstration(count, arguments);
    }
    catch (const shop::shop_process::stopped& shop)
    {
        return shop.status; // it has said why
    }
    catch (const shop::bad_input& why)
    {
        return fail(why.what(), 2);
    }
    catch (const shop::database_error& why)
    {
        return fail(why.what(), 2);
    }
    catch (const everstep::engine_error& why)
    {
        return fail(why.what(), 2);
    }
    catch (const std::exception& why)
    {
        return fail(why.what(), 1);
    }
}
