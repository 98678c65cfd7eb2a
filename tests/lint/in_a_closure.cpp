#include "coroutine.hpp"

void start(std::string id)
{
    step(
        [id]() -> task
        {
            co_await charge(receipt{id, 1});
            co_return first_receipt();
        });
}
