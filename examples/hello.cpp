#include <everstep/engine.hpp>

#include <iostream>

using namespace std::chrono_literals;

everstep::workflow<std::string> greet(everstep::context& ctx, std::string name)
{
    auto greeting = co_await ctx.step("hello", [&] {
        std::cout << "hello " << name << std::endl;
        return "greeted " + name;
    });
    co_await ctx.sleep_for(3s); // kill -9 the program here, and start it again
    co_await ctx.step("goodbye", [&] { std::cout << "goodbye " << name << std::endl; });
    co_return greeting;
}

int main()
{
    everstep::engine engine{{.journal = "hello-journal"}};
    engine.add("greet", greet);
    engine.open();
    std::cout << engine.start(greet, "greet-1", "world").result() << std::endl;
}
