// Writes the journal of a few finished runs as text to standard output: what tests/compat/journals holds.

#include "compat_workflows.hpp"
#include "journal_dump.hpp"

#include <iostream>

int main()
{
    using namespace everstep;
    using namespace everstep::test;
    engine_world world(std::make_unique<memory_disk>());
    {
        engine_stage s(world, compat::add_all);
        s.start(compat::values, "v", compat::sample(0));
        s.start(compat::fails, "f", 5);
        s.start(compat::waits, "w", 7);
        s.reply(compat::waits, "w");
        s.cancel(compat::waits, "w", "enough");
        s.result(compat::waits, "w");
        s.result(compat::fails, "f");
        s.result(compat::values, "v");
    }
    dump_journal(*world.disk->open(), std::cout);
}
