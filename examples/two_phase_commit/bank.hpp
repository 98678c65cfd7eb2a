#pragma once

// A bank, as a participant of transfers: its books are a PostgreSQL database of its own.
//
// Threads: any; each call has a connection of its own. Lifetime: its database outlives it.
// Crash: each call may be cut off anywhere and be made again: with the same transfer it comes to the same end.
// Errors: permanent_error where the bank says no. All others (postgres::error) are no answer: ask again.

#include <postgres/connection.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace money
{
class bank
{
public:
    bank(std::string name, postgres::database& books) : name_(std::move(name)), books_(books) {}

    const std::string& name() const noexcept { return name_; }

    /// Phase one: changes the account by `cents` and prepares that. From then on this bank can do both, whatever happens to it, and does
    /// neither by itself. Throws permanent_error: insufficient_funds, no_account, void (it was rolled back before it came).
    void prepare(const std::string& transfer, const std::string& owner, std::int64_t cents) const;

    /// Phase two. Throws permanent_error (heuristic) where somebody else rolled back what was promised.
    void commit(const std::string& transfer) const;
    /// Also where nothing is prepared (presumed abort), or not yet: it never will be.
    void roll_back(const std::string& transfer) const;

private:
    /// The same for each attempt, and another one in each bank: two of them may be databases of one server.
    std::string prepared_name(const std::string& transfer) const { return transfer + "@" + name_; }

    std::string name_;
    postgres::database& books_;
};

class banks
{
public:
    explicit banks(std::vector<bank> all) : all_(std::move(all)) {}
    /// Throws permanent_error (no_bank).
    const bank& at(const std::string& name) const;

private:
    std::vector<bank> all_;
};
}
