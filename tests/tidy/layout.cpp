// Rules `length`, `untested` (a source without a test of its name), `left_out` (a test that no glob finds).

#include "tree.hpp"

#include <set>

namespace everstep::tidy
{
namespace
{
constexpr std::size_t lines_max = 500;

/// "runtime/journal/entry.cpp" has its test in "tests/unit/journal/entry_test.cpp".
std::string test_of(const std::string& source)
{
    const auto inner = source.substr(source.find('/') + 1);
    return "tests/unit/" + inner.substr(0, inner.rfind('.')) + "_test.cpp";
}

bool is_found_by_glob(const std::string& path)
{
    const auto below = path.substr(std::string_view{"tests/"}.size());
    const auto folder = below.substr(0, below.find('/'));
    static const std::set<std::string> free_folders{"tidy", "install", "compile_fail", "lint", "support"};
    return free_folders.contains(folder) || path.ends_with("_test.cpp") || path.ends_with("_main.cpp");
}

void check_untested(tree& all, const std::vector<std::string>& untested)
{
    std::set<std::string> excused;
    const source_file list{.path = "tests/tidy/untested.txt", .lines = {}, .code = {}, .is_cpp = {}};
    for (const auto& line : untested)
    {
        const auto colon = line.find(':');
        const auto path = line.substr(0, colon);
        if (colon == std::string::npos || trimmed(line.substr(colon + 1)).size() < 10)
            all.report("untested", list, 0, "no reason is given: " + line);
        else if (!all.files.contains(path))
            all.report("untested", list, 0, "there is no such file: " + path);
        else if (all.files.contains(test_of(path)))
            all.report("untested", list, 0, "this one has its test by now: " + path);
        excused.insert(path);
    }
    for (const auto& [path, file] : all.files)
        if (path.starts_with("runtime/") && path.ends_with(".cpp") && !excused.contains(path) &&
            !all.files.contains(test_of(path)))
            all.report("untested", file, 1, "there is no " + test_of(path));
}
}

void check_layout(tree& all, const std::vector<std::string>& untested)
{
    for (const auto& [path, file] : all.files)
    {
        if (file.lines.size() > lines_max)
            all.report("length", file, file.lines.size(),
                       "over " + std::to_string(lines_max) + " lines: split it by noun");
        if (path.starts_with("tests/") && path.ends_with(".cpp") && !is_found_by_glob(path))
            all.report("left_out", file, 1, "name it *_test.cpp, or no build finds it");
    }
    check_untested(all, untested);
}
}
