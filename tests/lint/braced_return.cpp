#include "coroutine.hpp"

task run() { co_return receipt{co_await name(), 1}; }
