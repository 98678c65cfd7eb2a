#include "engine/thrown.hpp"

#include <everstep/error.hpp>

#include <cxxabi.h>
#include <cstdlib>
#include <memory>
#include <typeinfo>

namespace everstep::core
{
std::string readable_type(const char* mangled)
{
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(mangled, nullptr, nullptr, &status), &std::free);
    return status == 0 ? name.get() : mangled;
}

thrown describe_thrown(const std::exception_ptr& error)
{
    try
    {
        std::rethrow_exception(error);
    }
    catch (const cancelled& e)
    {
        return {"cancelled", e.reason, true, false};
    }
    catch (const everstep::error& e)
    {
        return {e.code(), e.text(), false, dynamic_cast<const timed_out*>(&e) != nullptr};
    }
    catch (const std::exception& e)
    {
        return {readable_type(typeid(e).name()), e.what(), false, false};
    }
    catch (...)
    {
        const std::type_info* type = abi::__cxa_current_exception_type();
        std::string name = type ? readable_type(type->name()) : "unknown";
        return {name, "threw a value of type " + name + ", which is no std::exception", false, false};
    }
}
}
