#pragma once

// Activities of slips that leave a trace in a diary, and do beside that what a test tells them.

#include <everstep/activity.hpp>
#include <everstep/routing_slip.hpp>

#include <boost/describe.hpp>

#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace everstep::test
{
struct booking_args
{
    std::string what;
    std::string city{"nowhere"};
    int price{1};
};
BOOST_DESCRIBE_STRUCT(booking_args, (), (what, city, price))

struct booking_log
{
    std::string what;
};
BOOST_DESCRIBE_STRUCT(booking_log, (), (what))

/// What was done, in order, and with which tokens.
class travel_diary
{
public:
    void write(const std::string& line, const std::string& token)
    {
        const std::scoped_lock lock(mutex_);
        text_ += (text_.empty() ? "" : " ") + line;
        tokens_.push_back(token);
    }
    std::string text() const
    {
        const std::scoped_lock lock(mutex_);
        return text_;
    }
    std::vector<std::string> tokens() const
    {
        const std::scoped_lock lock(mutex_);
        return tokens_;
    }

private:
    mutable std::mutex mutex_;
    std::string text_;
    std::vector<std::string> tokens_;
};

/// Books something: "+name", and cancels it: "-name".
struct booking
{
    using execution_type = execution<booking_args, booking_log>;
    using compensation_type = compensation<booking_log>;

    slip_end execute(execution_type& e)
    {
        diary.write("+" + std::string(e.activity()), e.token());
        return how ? how(e) : e.completed(booking_log{e.arguments().what});
    }
    void compensate(compensation_type& c)
    {
        diary.write("-" + std::string(c.activity()), c.token());
        if (back)
            back(c);
    }

    travel_diary& diary;
    std::function<slip_end(execution_type&)> how{};
    std::function<void(compensation_type&)> back{};
};

/// Leaves nothing behind: "?name".
struct asking
{
    slip_end execute(execution<booking_args>& e)
    {
        diary.write("?" + std::string(e.activity()), e.token());
        return e.completed();
    }

    travel_diary& diary;
};

/// "flight completed, car faulted"
inline std::string states_of(const slip_outcome& end)
{
    std::string text;
    for (const activity_record& one : end.activities)
        text += (text.empty() ? "" : ", ") + one.activity + " " + decode<std::string>(encode(one.state));
    return text;
}
/// "faulted no_car: sold out | flight compensated, car faulted"
inline std::string text_of(const slip_outcome& end)
{
    std::string text = decode<std::string>(encode(end.state));
    if (!end.code.empty())
        text += " " + end.code + ": " + end.text;
    return text + " | " + states_of(end);
}
}
