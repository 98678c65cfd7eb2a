#include "coroutine.hpp"

task run()
{
    throw std::string(co_await name());
    co_return receipt{"a", 1};
}
