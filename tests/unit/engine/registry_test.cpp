#include "engine/registry.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace everstep::core
{
namespace
{
void first() {}
void second() {}

registered_workflow named(std::string name, detail::function_key function, std::uint32_t version = 1)
{
    return {.name = std::move(name), .function = function, .traits = {}, .version = version};
}

/// What refused the workflow; no value where nothing did.
std::optional<errc> refusal(registry& of, registered_workflow what)
{
    try
    {
        of.add(std::move(what));
    }
    catch (const engine_error& e)
    {
        return e.why();
    }
    return std::nullopt;
}

TEST(Registry, WorkflowIsFoundByItsName)
{
    registry all;
    all.add(named("one", first, 7));
    all.add(named("two", second));
    ASSERT_NE(all.find("one"), nullptr);
    EXPECT_EQ(all.find("one")->version, 7u);
}

TEST(Registry, WorkflowIsFoundByItsFunction)
{
    registry all;
    all.add(named("one", first));
    all.add(named("two", second));
    ASSERT_NE(all.find(second), nullptr);
    EXPECT_EQ(all.find(second)->name, "two");
}

TEST(Registry, BothWaysLeadToTheSameObject)
{
    registry all;
    all.add(named("one", first));
    for (int n = 0; n < 100; ++n)
        all.add(named("other" + std::to_string(n), reinterpret_cast<detail::function_key>(std::uintptr_t{1} + static_cast<unsigned>(n))));
    EXPECT_EQ(all.find("one"), all.find(first));
}

TEST(Registry, UnknownNameIsNotFound)
{
    registry all;
    all.add(named("one", first));
    EXPECT_EQ(all.find("on"), nullptr);
}

TEST(Registry, UnknownFunctionIsNotFound)
{
    registry all;
    all.add(named("one", first));
    EXPECT_EQ(all.find(second), nullptr);
}

TEST(Registry, NameIsTakenOnce)
{
    registry all;
    all.add(named("one", first));
    EXPECT_EQ(refusal(all, named("one", second)), errc::wrong_use);
}

TEST(Registry, FunctionIsTakenOnce)
{
    registry all;
    all.add(named("one", first));
    EXPECT_EQ(refusal(all, named("two", first)), errc::wrong_use);
}

TEST(Registry, SecondUseOfAFunctionNamesTheFirst)
{
    registry all;
    all.add(named("one", first));
    try
    {
        all.add(named("two", first));
        FAIL();
    }
    catch (const engine_error& e)
    {
        EXPECT_EQ(e.text(), "the function of workflow 'two' was added already, as 'one'");
    }
}

TEST(Registry, RefusedWorkflowLeavesNothing)
{
    registry all;
    all.add(named("one", first));
    refusal(all, named("two", first));
    EXPECT_EQ(all.find("two"), nullptr);
}

TEST(Registry, EmptyNameIsRefused)
{
    registry all;
    EXPECT_EQ(refusal(all, named("", first)), errc::limit);
}

TEST(Registry, LongestNameIsTaken)
{
    registry all;
    EXPECT_EQ(refusal(all, named(std::string(128, 'n'), first)), std::nullopt);
}

TEST(Registry, NameBeyondTheLimitIsRefused)
{
    registry all;
    EXPECT_EQ(refusal(all, named(std::string(129, 'n'), first)), errc::limit);
}
}
}
