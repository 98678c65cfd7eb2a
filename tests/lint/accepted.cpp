#include "coroutine.hpp"

task run(bool named, std::string id)
{
    const receipt first{"a", 1};
    const auto body = [id] { return id; };
    co_await charge(first);
    co_await step(body);
    co_await step([&] { return receipt{id, 1}; });
    if (named)
        id = co_await name();
    const int cents = named ? 1 : 2;
    co_return receipt{id, cents};
}

// The awaiting is inside of the closure, and the closure is in an expression that awaits nothing.
void start(std::string id)
{
    step(
        [id]() -> task
        {
            co_await name();
            co_return first_receipt();
        });
}
