#include "engine/inflight_map.hpp"

#include "base/checksum.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <new>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace everstep::core
{
/// The file: a page with the header, as many records as slots, the slots. All in the byte order of the machine: the file never leaves it,
/// and a foreign one has another mark.
struct inflight_map::record
{
    std::uint64_t run{};
    std::uint64_t step{};
    std::uint32_t deaths{};
    std::uint32_t unused{};
    std::uint64_t check{}; ///< over what goes before it

    std::uint64_t wanted_check() const noexcept { return base::hash64({reinterpret_cast<const char*>(this), 24}); }
};

struct inflight_map::slot
{
    std::atomic<std::uint64_t> run; ///< 0: free
    std::atomic<std::uint64_t> step;
};

namespace
{
constexpr std::size_t header_bytes = 4096;
constexpr char mark[8] = {'e', 'v', 'i', 'n', 'f', 'l', 't', '1'};
/// In slot::run while the step is being written: a death just then blames nobody.
constexpr std::uint64_t claimed = ~std::uint64_t{0};
/// A thread looks no further for a free slot than this.
constexpr std::uint32_t probes_max = 128;

struct header
{
    char mark[8]{};
    std::uint32_t byte_order{};
    std::uint32_t slots{};
    std::uint64_t check{};

    std::uint64_t wanted_check() const noexcept { return base::hash64({reinterpret_cast<const char*>(this), 16}); }
};

class open_file
{
public:
    open_file(const std::string& path, int flags) noexcept : handle_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
    ~open_file()
    {
        if (handle_ >= 0)
            ::close(handle_);
    }
    open_file(const open_file&) = delete;
    open_file& operator=(const open_file&) = delete;
    int handle() const noexcept { return handle_; }

private:
    int handle_;
};

std::string content_of(const std::string& path)
{
    const open_file file(path, O_RDONLY);
    struct stat now{};
    if (file.handle() < 0 || ::fstat(file.handle(), &now) != 0 || !S_ISREG(now.st_mode) || now.st_size > (64 << 20))
        return {};
    std::string content(static_cast<std::size_t>(now.st_size), '\0');
    std::size_t got = 0;
    while (got < content.size())
    {
        const ssize_t read = ::read(file.handle(), content.data() + got, content.size() - got);
        if (read == 0 || (read < 0 && errno != EINTR))
            return {};
        got += read > 0 ? static_cast<std::size_t>(read) : 0;
    }
    return content;
}
}

inflight_map::inflight_map(const std::string& path, std::uint32_t slots) : count_(slots)
{
    static_assert(sizeof(record) == 32 && sizeof(slot) == 16 && std::atomic<std::uint64_t>::is_always_lock_free);
    read(path);
    // Written whole beside the old one and moved over it: if we die in between, the old one still counts, once.
    const std::string fresh = path + ".new";
    if (write(fresh) && map(fresh))
    {
        if (::rename(fresh.c_str(), path.c_str()) == 0)
            return;
        complain("rename", errno);
        ::munmap(mapped_, file_bytes());
        mapped_ = nullptr;
    }
    ::unlink(fresh.c_str());
}

inflight_map::~inflight_map()
{
    if (mapped_ != nullptr)
        ::munmap(mapped_, file_bytes());
}

std::size_t inflight_map::file_bytes() const noexcept
{
    return header_bytes + std::size_t{count_} * (sizeof(record) + sizeof(slot));
}

inflight_map::record* inflight_map::records() const noexcept
{
    return reinterpret_cast<record*>(static_cast<char*>(mapped_) + header_bytes);
}

inflight_map::slot* inflight_map::slots() const noexcept
{
    return reinterpret_cast<slot*>(static_cast<char*>(mapped_) + header_bytes + std::size_t{count_} * sizeof(record));
}

void inflight_map::complain(const char* doing, int error)
{
    trouble_ = "inflight.map: " + std::string(doing) + ": " + std::generic_category().message(error) +
               "; steps that kill the process are not noticed";
}

void inflight_map::read(const std::string& path)
{
    const std::string content = content_of(path);
    header head;
    if (content.size() < header_bytes)
        return;
    std::memcpy(&head, content.data(), sizeof head);
    if (std::memcmp(head.mark, mark, sizeof mark) != 0 || head.byte_order != 1 || head.check != head.wanted_check() ||
        content.size() != header_bytes + std::size_t{head.slots} * (sizeof(record) + sizeof(slot)))
        return;

    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t> deaths;
    const char* at = content.data() + header_bytes;
    for (std::uint32_t i = 0; i < head.slots; ++i, at += sizeof(record))
    {
        record known;
        std::memcpy(&known, at, sizeof known);
        if (known.run != 0 && known.deaths != 0 && known.check == known.wanted_check())
            deaths[{known.run, known.step}] = known.deaths;
    }
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t> died_now; // one death a step, in however many slots it was
    for (std::uint32_t i = 0; i < head.slots; ++i, at += sizeof(slot))
    {
        std::uint64_t pair[2];
        std::memcpy(pair, at, sizeof pair);
        if (pair[0] != 0 && pair[0] != claimed)
            died_now[{pair[0], pair[1]}] = 1;
    }
    for (const auto& [key, one] : died_now)
        deaths[key] += one;
    for (const auto& [key, count] : deaths)
        found_.push_back({key.first, key.second, count});
    if (found_.size() <= count_)
        return;
    // More than there is room for: those that died once only are the least suspicious.
    std::nth_element(found_.begin(), found_.begin() + count_, found_.end(),
                     [](const suspect& a, const suspect& b) { return a.deaths > b.deaths; });
    found_.resize(count_);
    std::sort(found_.begin(), found_.end(),
              [](const suspect& a, const suspect& b) { return std::pair(a.run, a.step) < std::pair(b.run, b.step); });
}

bool inflight_map::write(const std::string& path)
{
    std::string content(file_bytes(), '\0');
    header head;
    std::memcpy(head.mark, mark, sizeof mark);
    head.byte_order = 1;
    head.slots = count_;
    head.check = head.wanted_check();
    std::memcpy(content.data(), &head, sizeof head);
    char* at = content.data() + header_bytes;
    for (const suspect& s : found_)
    {
        record known{s.run, s.step, s.deaths, 0, 0};
        known.check = known.wanted_check();
        std::memcpy(at, &known, sizeof known);
        at += sizeof known;
        suspect_at_.emplace(step_key{s.run, s.step}, static_cast<std::uint32_t>(suspect_at_.size()));
    }
    suspects_.store(suspect_at_.size(), std::memory_order_relaxed);

    // Written out, not extended: a hole in a mapped file on a full disk is a SIGBUS later.
    ::unlink(path.c_str());
    const open_file file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    if (file.handle() < 0)
        return complain("open", errno), false;
    for (std::size_t put = 0; put < content.size();)
    {
        const ssize_t wrote = ::write(file.handle(), content.data() + put, content.size() - put);
        if (wrote < 0 && errno != EINTR)
            return complain("write", errno), false;
        put += wrote > 0 ? static_cast<std::size_t>(wrote) : 0;
    }
    return true;
}

bool inflight_map::map(const std::string& path)
{
    const open_file file(path, O_RDWR);
    if (file.handle() < 0)
        return complain("open", errno), false;
    void* at = ::mmap(nullptr, file_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, file.handle(), 0);
    if (at == MAP_FAILED)
        return complain("mmap", errno), false;
    mapped_ = at;
    return true;
}

std::uint32_t inflight_map::acquire(std::uint64_t run, std::uint64_t step, std::uint32_t& hint) noexcept
{
    if (mapped_ == nullptr)
        return 0;
    slot* const all = slots();
    std::uint32_t at = hint % count_;
    for (std::uint32_t probe = 0; probe < probes_max; ++probe)
    {
        std::uint64_t free = 0;
        if (all[at].run.load(std::memory_order_relaxed) == 0 &&
            all[at].run.compare_exchange_strong(free, claimed, std::memory_order_acquire, std::memory_order_relaxed))
        {
            all[at].step.store(step, std::memory_order_relaxed);
            all[at].run.store(run, std::memory_order_release);
            hint = at + 1;
            return at + 1;
        }
        at = at + 1 == count_ ? 0 : at + 1;
    }
    hint = at;
    return 0;
}

void inflight_map::release(std::uint32_t number, std::uint32_t& hint) noexcept
{
    if (number == 0)
        return;
    slots()[number - 1].run.store(0, std::memory_order_release);
    hint = number - 1;
}

void inflight_map::clear(std::uint64_t run, std::uint64_t step) noexcept
{
    if (suspects_.load(std::memory_order_relaxed) == 0)
        return;
    const std::scoped_lock lock(mutex_);
    const auto at = suspect_at_.find({run, step});
    if (at == suspect_at_.end())
        return;
    if (mapped_ != nullptr)
        records()[at->second] = {};
    suspect_at_.erase(at);
    suspects_.store(suspect_at_.size(), std::memory_order_relaxed);
}

void inflight_map::clear_run(std::uint64_t run) noexcept
{
    if (suspects_.load(std::memory_order_relaxed) == 0)
        return;
    const std::scoped_lock lock(mutex_);
    std::erase_if(suspect_at_,
                  [&](const auto& known)
                  {
                      if (known.first.run != run)
                          return false;
                      if (mapped_ != nullptr)
                          records()[known.second] = {};
                      return true;
                  });
    suspects_.store(suspect_at_.size(), std::memory_order_relaxed);
}
}
