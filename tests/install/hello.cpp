// What a project outside can do with the installed package: the headers, and everything that they need linked.
#include <everstep/async.hpp>
#include <everstep/engine.hpp>
#include <everstep/fiber.hpp>
#include <everstep/saga.hpp>

#include <boost/asio/use_future.hpp>

#include <future>
#include <iostream>
#include <string>

namespace
{
everstep::workflow<std::string> greet(everstep::context& ctx, std::string name)
{
    everstep::saga undo{ctx};
    auto greeting = co_await undo.step(
        "hello", [&] { return "hello " + name; }, [](everstep::attempt&, everstep::services&, const std::string&) {});
    co_return greeting;
}
}

int main()
{
    everstep::engine engine{{.journal = ":memory:"}};
    engine.add("greet", greet);
    engine.open();
    auto run = engine.start(greet, "greet-1", "world");
    std::cout << run.async_result(boost::asio::use_future).get() << '\n';
}
