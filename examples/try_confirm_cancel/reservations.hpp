#pragma once

// A service that lets its things be tried, confirmed and cancelled (TCC), in a PostgreSQL database of its own. A token names one
// reservation, and whoever comes with it again finds what became of it:
//
//   repeated call        a second try, confirm or cancel changes nothing
//   empty rollback       a cancel whose try never came: there is nothing to give back, and it leaves a tombstone
//   suspension           a try that comes after its cancel: the tombstone refuses it, or it would be held for nobody
//   expiry               a try that is past its time is dropped by the service; its confirm is refused
//
// Threads: any; each call has a connection of its own. Lifetime: its database outlives it.
// Crash: each call is one transaction, and may be made again.
// Errors: permanent_error where the service says no. All others (postgres::error) are no answer: ask again.

#include <postgres/connection.hpp>

#include <string>

namespace travel
{
class reservations
{
public:
    /// What is tried and not confirmed is kept for `kept` (an SQL interval).
    explicit reservations(postgres::database& books, std::string kept = "15 minutes") : books_(books), kept_(std::move(kept)) {}

    /// Try. Throws permanent_error: sold_out, cancelled, expired.
    void try_it(const std::string& token, const std::string& item) const;
    /// Throws permanent_error: cancelled, expired, unknown.
    void confirm(const std::string& token) const;
    /// Gives back what is tried or confirmed.
    void cancel(const std::string& token) const;

private:
    postgres::database& books_;
    std::string kept_;
};

struct hotel : reservations
{
    using reservations::reservations;
};
struct airline : reservations
{
    using reservations::reservations;
};
}
