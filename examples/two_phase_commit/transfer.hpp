#pragma once

// Money from one bank to another: two-phase commit over two databases, whose coordinator is a durable workflow.

#include <everstep/workflow.hpp>

#include <boost/describe.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace money
{
struct account
{
    std::string bank;
    std::string owner;
};
BOOST_DESCRIBE_STRUCT(account, (), (bank, owner))

struct payment
{
    account from, to;
    std::int64_t cents{};
    std::chrono::milliseconds patience{10'000}; ///< a bank that has not said yes by then has said no
};
BOOST_DESCRIBE_STRUCT(payment, (), (from, to, cents, patience))

struct decision
{
    bool is_commit{};
    std::string why; ///< it is not
};
BOOST_DESCRIBE_STRUCT(decision, (), (is_commit, why))

/// Replies with the decision as soon as it is durable: from then on nothing can change it. Ends when both banks have done as it says.
everstep::workflow<void, decision> transfer(everstep::context& ctx, payment wanted);
}
