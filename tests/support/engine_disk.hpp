#pragma once

// What survives the death of an engine: the contents of a memory store, or a directory with an LMDB journal. And the store between
// engine and disk that does to one commit what a test wants done.

#include "engine_time.hpp"
#include "store/lmdb/open_lmdb.hpp"
#include "store/memory_store.hpp"
#include "store_directory.hpp"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

namespace everstep::test
{
using fate = store::memory_store::fate;

class engine_disk
{
public:
    virtual ~engine_disk() = default;
    /// For one engine, or one look, at a time.
    virtual std::shared_ptr<store::store> open() = 0;
    /// engine_options.journal
    virtual std::string journal() const = 0;
};

class memory_disk final : public engine_disk
{
public:
    explicit memory_disk(std::uint64_t capacity = ~std::uint64_t{0}) : capacity_(capacity) {}
    std::shared_ptr<store::store> open() override
    {
        store::memory_store::options chosen;
        chosen.capacity_bytes = capacity_;
        contents_ = contents_ ? std::shared_ptr(contents_->clone(chosen)) : std::make_shared<store::memory_store>(chosen);
        return contents_;
    }
    std::string journal() const override { return ":memory:"; }

private:
    std::uint64_t capacity_;
    std::shared_ptr<store::memory_store> contents_;
};

class lmdb_disk final : public engine_disk
{
public:
    std::shared_ptr<store::store> open() override
    {
        auto opened = store::open_lmdb({.directory = journal(), .map_bytes = 64u << 20, .create = true, .ballast_bytes = 0,
                                        .allow_remote_filesystem = false});
        if (const auto* failed = std::get_if<store::open_failure>(&opened))
            throw std::runtime_error(failed->text);
        return std::move(std::get<std::unique_ptr<store::store>>(opened));
    }
    std::string journal() const override { return directory_ / "journal"; }

private:
    /// In memory where the system has such a file system: what is on trial is the order of commits, not the disk's syncs, and there are
    /// thousands of them.
    class fast_directory
    {
    public:
        fast_directory()
        {
            std::string name = "/dev/shm/everstep_scenario_XXXXXX";
            if (::mkdtemp(name.data()) == nullptr)
                slow_.emplace();
            else
                path_ = name;
        }
        ~fast_directory()
        {
            std::error_code ignored;
            if (!slow_)
                std::filesystem::remove_all(path_, ignored);
        }
        fast_directory(const fast_directory&) = delete;
        fast_directory& operator=(const fast_directory&) = delete;
        std::string operator/(const std::string& name) const { return slow_ ? *slow_ / name : path_ + "/" + name; }

    private:
        std::string path_;
        std::optional<store_directory> slow_;
    };
    fast_directory directory_;
};

/// Decides about each commit that has something to write, by its number: 1 is the one that an open settles with.
class fated_store final : public store::store
{
public:
    using fate_of = std::function<fate(std::uint64_t commit)>;

    fated_store(std::shared_ptr<everstep::store::store> disk, fate_of decide, engine_bell& bell)
        : disk_(std::move(disk)), decide_(std::move(decide)), bell_(bell)
    {
    }

    void read(const std::function<void(const everstep::store::snapshot&)>& visit) const override { disk_->read(visit); }
    everstep::store::space usage() const override { return disk_->usage(); }
    std::uint32_t check_readers() override { return disk_->check_readers(); }

    std::uint64_t commits() const { return commits_.load(); }
    /// A commit was lost or not acknowledged: this is the engine's last hour.
    bool has_crashed() const { return crashed_.load(); }

private:
    everstep::store::commit_result do_commit(std::span<const everstep::store::batch* const> parts, const late_parts& late) override
    {
        bool empty = true;
        for (const everstep::store::batch* part : parts)
            empty = empty && part->empty();
        const auto result = empty ? disk_->commit(parts) : decided(parts, late);
        bell_.ring();
        return result;
    }
    everstep::store::commit_result decided(std::span<const everstep::store::batch* const> parts, const late_parts& late)
    {
        using everstep::store::outcome;
        if (crashed_)
            return {outcome::unknown, "stopped after an unknown commit"};
        const auto more = late ? late() : std::span<const everstep::store::batch* const>(); // before its fate: what comes later waits
        const fate chosen = decide_ ? decide_(commits_ + 1) : fate::durable;
        ++commits_;
        if (chosen == fate::full)
            return {outcome::full, "full by order of the test"};
        if (chosen == fate::unknown_absent || chosen == fate::unknown_present)
        {
            if (chosen == fate::unknown_present)
                disk_->commit(parts, [&] { return more; });
            crashed_ = true;
            return {outcome::unknown, "unknown by order of the test"};
        }
        return disk_->commit(parts, [&] { return more; });
    }

    std::shared_ptr<everstep::store::store> disk_;
    fate_of decide_;
    engine_bell& bell_;
    std::atomic<std::uint64_t> commits_{};
    std::atomic<bool> crashed_{};
};
}
