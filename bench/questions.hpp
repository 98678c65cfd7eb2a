#pragma once

// The questions that bench/ answers, one a file: each adds its figures.

#include "support/figures.hpp"
#include "support/settings.hpp"
#include "support/sleeping_journals.hpp"

namespace everstep::bench
{
void add_step_commit(figures& to, const settings& chosen);                                  ///< step_commit_bench.cpp
void add_transact(figures& to, const settings& chosen);                                     ///< transact_bench.cpp
void add_events(figures& to, const settings& chosen);                                       ///< events_bench.cpp
void add_start(figures& to, const settings& chosen);                                        ///< start_bench.cpp
void add_latency(figures& to, const settings& chosen);                                      ///< latency_bench.cpp
void add_replay(figures& to, const settings& chosen);                                       ///< replay_bench.cpp
void add_answer(figures& to, const settings& chosen);                                       ///< answer_bench.cpp
void add_page(figures& to, const settings& chosen);                                         ///< page_bench.cpp
void add_blocking(figures& to, const settings& chosen);                                     ///< blocking_bench.cpp
void add_cost(figures& to, const settings& chosen);                                         ///< cost_bench.cpp
void add_half_load(figures& to, const settings& chosen);                                    ///< half_load_bench.cpp
void add_reading(figures& to, const settings& chosen);                                      ///< reading_bench.cpp
void add_memory(figures& to, const settings& chosen, const shared_sleepers& journals);      ///< memory_bench.cpp
void add_work_beside(figures& to, const settings& chosen, const shared_sleepers& journals); ///< the same
void add_recovery(figures& to, const settings& chosen, const shared_sleepers& journals);    ///< recovery_bench.cpp
void add_replay_core(figures& to, const settings& chosen);                                  ///< replay_core_bench.cpp
void add_idle(figures& to, const settings& chosen, const shared_sleepers& journals);        ///< idle_bench.cpp
void add_growth(figures& to, const settings& chosen);                                       ///< growth_bench.cpp
void add_retention(figures& to, const settings& chosen);                                    ///< retention_bench.cpp
}
