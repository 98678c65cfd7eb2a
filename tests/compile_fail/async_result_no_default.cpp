// EXPECT-ERROR: an async_ call gives must be default-constructible

#include <everstep/async.hpp>
#include <everstep/engine.hpp>

using namespace everstep;

struct exact
{
#ifdef EVERSTEP_CONTROL
    exact() = default;
#endif
    explicit exact(int n) : number(n) {}
    int number{};
};
BOOST_DESCRIBE_STRUCT(exact, (), (number))

void ask(run<exact>& of)
{
    of.async_result([](std::exception_ptr, exact) {});
}
