#include "coroutine.hpp"

task run(std::string id)
{
    co_await step([id] { return id; });
    co_return receipt{"a", 1};
}
