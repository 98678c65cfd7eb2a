#include "coroutine.hpp"

task run(bool named)
{
    const std::string id = named ? co_await name() : std::string{"a"};
    co_return receipt{id, 1};
}
