#include <everstep/detail/codec_names.hpp>

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <cxxabi.h>

namespace everstep::inline v0::detail
{
namespace
{
void replace_all(std::string& text, std::string_view from, std::string_view to)
{
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

std::string demangled(const std::type_info& type)
{
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                           &std::free);
    return status == 0 && text ? text.get() : type.name();
}
}

std::string portable_name(const std::type_info& type)
{
    std::string name = demangled(type);
    replace_all(name, "(anonymous namespace)::", "");
    replace_all(name, "std::__cxx11::", "std::");
    replace_all(name, "std::__1::", "std::");
    replace_all(name, "everstep::v0::", "everstep::");
    replace_all(name, "> >", ">>");
    replace_all(name, "> >", ">>"); // ">> >" remains of three
    replace_all(name, ", ", ",");
    return name;
}

std::string portable_template_name(const std::type_info& type)
{
    std::string name = portable_name(type);
    if (name.empty() || name.back() != '>')
        return name;
    std::size_t at = name.size();
    std::size_t open = 0;
    do
    {
        --at;
        open += name[at] == '>' ? 1U : 0U;
        open -= name[at] == '<' ? 1U : 0U;
    } while (at != 0 && open != 0);
    name.resize(at);
    return name;
}

std::string duration_name(std::string_view prefix, std::string_view rep, std::intmax_t num, std::intmax_t den)
{
    std::string name(prefix);
    name += '<';
    name += rep;
    name += ',';
    name += std::to_string(num);
    if (den != 1)
        name += '/' + std::to_string(den);
    name += '>';
    return name;
}
}
