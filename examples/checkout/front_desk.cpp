#include "front_desk.hpp"

#include "order_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <new>
#include <utility>

namespace shop
{
struct front_desk::heading
{
    std::atomic<std::size_t> orders;
    std::atomic<std::uint32_t> epoch;
    std::atomic<ticks> opened_at;
    std::atomic<std::size_t> asked, answered;
};

namespace
{
front_desk::ticks now() noexcept
{
    return std::chrono::steady_clock::now().time_since_epoch().count();
}

int open_or_throw(const std::string& file, int flags)
{
    const int descriptor = ::open(file.c_str(), flags | O_RDWR | O_CLOEXEC, 0600);
    if (descriptor < 0)
        throw bad_input(file + ": " + std::strerror(errno));
    return descriptor;
}

std::size_t size_of(int descriptor)
{
    struct stat found = {};
    ::fstat(descriptor, &found);
    return static_cast<std::size_t>(found.st_size);
}
}

front_desk front_desk::create(const std::string& file, std::size_t orders, std::uint32_t epochs_before)
{
    const int descriptor = open_or_throw(file, O_CREAT);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0)
    {
        ::close(descriptor);
        throw bad_input(file + ": in use by another demonstration with the same journal");
    }
    const std::size_t bytes = sizeof(heading) + orders * sizeof(line);
    // All blocks now: a write to a mapped page that the disk has no room for would be a SIGBUS.
    const int failed = ::ftruncate(descriptor, 0) != 0 ? errno : ::posix_fallocate(descriptor, 0, static_cast<off_t>(bytes));
    if (failed)
    {
        ::close(descriptor);
        throw bad_input(file + ": " + std::strerror(failed));
    }
    front_desk made(descriptor, bytes);
    made.heading_->orders = orders;
    made.heading_->epoch = epochs_before;
    return made;
}

front_desk::front_desk(const std::string& file) : front_desk(open_or_throw(file, 0), 0) {}

front_desk::front_desk(int descriptor, std::size_t bytes)
    : descriptor_(descriptor), bytes_(bytes ? bytes : size_of(descriptor))
{
    void* mapped = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
    if (mapped == MAP_FAILED)
    {
        const int why = errno;
        ::close(descriptor_);
        throw bad_input(std::string("the front desk's file cannot be mapped: ") + std::strerror(why));
    }
    // Zero bytes are the initial value of everything here, and the atomics are lock free: they work across processes.
    static_assert(std::atomic<ticks>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);
    heading_ = static_cast<heading*>(mapped);
    lines_ = reinterpret_cast<line*>(static_cast<std::byte*>(mapped) + sizeof(heading));
}

front_desk::front_desk(front_desk&& from) noexcept
    : descriptor_(std::exchange(from.descriptor_, -1)), bytes_(from.bytes_), heading_(std::exchange(from.heading_, nullptr)),
      lines_(from.lines_)
{
}

front_desk::~front_desk()
{
    if (heading_)
        ::munmap(heading_, bytes_);
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

std::size_t front_desk::size() const noexcept
{
    return heading_->orders;
}

void front_desk::opened() noexcept
{
    heading_->opened_at = now();
}

void front_desk::asked(std::size_t order) noexcept
{
    line& at = lines_[order];
    if (at.asked_at)
        return; // again, after a kill: the customer waits since the first time
    at.asked_epoch = epoch();
    at.asked_at = now();
    ++heading_->asked;
}

void front_desk::started(std::size_t order) noexcept
{
    lines_[order].started_at = now();
}

void front_desk::answered(std::size_t order, const receipt& given) noexcept
{
    line& at = lines_[order];
    given.payment.copy(at.payment.data(), at.payment.size() - 1);
    mark_answered(order);
}

void front_desk::declined(std::size_t order) noexcept
{
    lines_[order].declined = true;
    mark_answered(order);
}

void front_desk::mark_answered(std::size_t order) noexcept
{
    lines_[order].answered_epoch = epoch();
    lines_[order].answered_at = now();
    ++heading_->answered;
}

void front_desk::ended(std::size_t order) noexcept
{
    lines_[order].ended_at = now();
}

void front_desk::next_epoch() noexcept
{
    heading_->opened_at = 0;
    ++heading_->epoch;
}

std::uint32_t front_desk::epoch() const noexcept
{
    return heading_->epoch;
}

front_desk::ticks front_desk::opened_at() const noexcept
{
    return heading_->opened_at;
}

std::size_t front_desk::asked_count() const noexcept
{
    return heading_->asked;
}

std::size_t front_desk::answered_count() const noexcept
{
    return heading_->answered;
}
}
