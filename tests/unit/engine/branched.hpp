#pragma once

// A run that is played live and, after each turn, from its history.

#include "driven_run.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace everstep::core
{
using texts = std::vector<std::string>;

/// A run that is played live, and after each turn also from its history: both wait for the same.
class branched
{
public:
    template <class Result>
    explicit branched(workflow<Result> (*flow)(context&, int)) : live_(flow, 1)
    {
        replay_ = [flow](const std::vector<std::string>& history) { return std::make_unique<driven_run>(flow, 1, history); };
        state = live_.begin();
    }

    driven_run& live() { return live_; }
    /// What the wait at this path comes to.
    void end(const std::string& where, entry_kind kind, std::string_view payload = "null", std::string_view code = {})
    {
        for (const replay::pending& p : live_.driver().machine().waiting())
            if (p.where.text() == where)
            {
                entry e = replay::entry_about(p, kind, 0);
                if (kind == entry_kind::timer_fired)
                    e.name = e.type = {};
                e.attempts = 1;
                e.payload = payload;
                e.code = code;
                state = live_.apply(e);
                return look();
            }
        ADD_FAILURE() << "nothing waits at " << where;
    }
    void done(const std::string& where, std::string_view payload = "null") { end(where, entry_kind::step_done, payload); }
    void failed(const std::string& where, std::string_view code = "broken") { end(where, entry_kind::step_failed, {}, code); }
    void dropped(const std::string& where) { end(where, entry_kind::step_dropped); }
    void fired(const std::string& where) { end(where, entry_kind::timer_fired); }
    void signalled(std::string_view name, std::string_view payload)
    {
        entry e;
        e.kind = entry_kind::signalled;
        e.name = name;
        e.type = "i32";
        e.payload = payload;
        state = live_.apply(e);
        look();
    }
    void cancel()
    {
        state = live_.cancel();
        look();
    }
    texts waiting() { return live_.waiting(); }
    std::string result()
    {
        EXPECT_EQ(state, driver_state::ended);
        const run_end& end = live_.driver().end();
        return end.kind == entry_kind::completed ? end.payload : std::string(name_of(end.kind)) + " " + end.code;
    }

    driver_state state{};

private:
    void look()
    {
        if (state != driver_state::waiting)
            return;
        const std::unique_ptr<driven_run> again = replay_(live_.history());
        EXPECT_EQ(again->begin(), driver_state::waiting);
        EXPECT_EQ(again->waiting(), live_.waiting());
        EXPECT_EQ(again->driver().undos(), live_.driver().undos());
    }

    driven_run live_;
    std::function<std::unique_ptr<driven_run>(const std::vector<std::string>&)> replay_;
};
}
