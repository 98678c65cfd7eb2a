#pragma once

// Stores of every kind that there is, for tests of what all of them promise.

#include "store/lmdb/open_lmdb.hpp"
#include "store/memory_store.hpp"
#include "store_directory.hpp"
#include "store_faults.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

namespace everstep::test
{
using everstep::store::memory_store;
using everstep::store::open_failure;
using everstep::store::open_lmdb;
using everstep::store::store;

/// Where stores of one kind live. `open` gives an empty store, or what was durable in the last one after a crash.
class stage
{
public:
    virtual ~stage() = default;
    virtual store& open(std::uint64_t capacity_bytes) = 0; ///< 0: as large as it gets
    virtual void close() = 0;
    virtual void fail_next_commit() = 0; ///< with an unknown outcome
};

class memory_stage final : public stage
{
public:
    store& open(std::uint64_t capacity_bytes) override
    {
        memory_store::options options;
        if (capacity_bytes != 0)
            options.capacity_bytes = capacity_bytes;
        options.decide = [this](std::uint64_t)
        { return std::exchange(failing_, false) ? memory_store::fate::unknown_absent : memory_store::fate::durable; };
        kept_ = kept_ ? kept_->clone(options) : std::make_unique<memory_store>(options);
        return *kept_;
    }
    void close() override { kept_.reset(); }
    void fail_next_commit() override { failing_ = true; }

private:
    std::unique_ptr<memory_store> kept_;
    bool failing_{};
};

class lmdb_stage final : public stage
{
public:
    store& open(std::uint64_t capacity_bytes) override
    {
        kept_.reset();
        // LMDB's pages are half empty when records are as long as these tests' are.
        auto opened = open_lmdb({.directory = home_ / "journal", .map_bytes = 2 * capacity_bytes, .ballast_bytes = 0});
        if (const auto* failed = std::get_if<open_failure>(&opened))
            throw std::runtime_error(failed->text);
        kept_ = std::move(std::get<0>(opened));
        return *kept_;
    }
    void close() override { kept_.reset(); }
    void fail_next_commit() override { store_faults::arm(store_faults::fault::sync); }

private:
    store_directory home_;
    std::unique_ptr<store> kept_;
};

template <class Stage>
std::unique_ptr<stage> make()
{
    return std::make_unique<Stage>();
}

using stage_maker = std::unique_ptr<stage> (*)();

class on_every_store : public testing::TestWithParam<stage_maker>
{
protected:
    std::unique_ptr<stage> stage_ = GetParam()();
    store& store_ = stage_->open(0);
};

inline const auto every_store = testing::Values(&make<memory_stage>, &make<lmdb_stage>);

inline std::string store_name(const testing::TestParamInfo<stage_maker>& kind)
{
    return kind.param == &make<memory_stage> ? "Memory" : "Lmdb";
}
}
