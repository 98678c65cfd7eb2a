#pragma once

// Journals of runs that sleep for years, as many as asked for: made when they are first needed, shared by the questions that look at
// them, and deleted at the end.

#include "support/folder.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <string>

namespace everstep::bench
{
class sleeping_journals
{
public:
    explicit sleeping_journals(std::string within) : within_(std::move(within)) {}

    /// The directory of a journal with so many sleepers. Whoever opens it may start runs and cancel sleepers, a few.
    const std::string& of(std::size_t runs);

private:
    std::string within_;
    std::map<std::size_t, std::unique_ptr<folder>> made_;
};

using shared_sleepers = std::shared_ptr<sleeping_journals>;
}
