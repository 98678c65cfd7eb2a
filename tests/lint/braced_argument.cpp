#include "coroutine.hpp"

task run()
{
    const int done = co_await charge(receipt{"a", 1});
    co_return receipt{"b", done};
}
