#include "coroutine.hpp"

task run()
{
    co_await nobody_has_declared_this();
    co_return first_receipt();
}
