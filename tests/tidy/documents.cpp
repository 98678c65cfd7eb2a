// Rules `document` (a public name in a document that does not exist), `snippet` (README code that nothing compiles).

#include "tree.hpp"

#include <algorithm>
#include <set>

namespace everstep::tidy
{
namespace
{
std::set<std::string> public_words(const tree& all)
{
    std::set<std::string> words;
    for (const auto& [path, file] : all.files)
        if (path.starts_with("include/"))
            for (const auto& line : file.code)
                for (auto& word : words_of(line))
                    words.insert(std::move(word));
    return words;
}

void check_names(tree& all, const source_file& file, const std::set<std::string>& known)
{
    for (std::size_t i = 0; i < file.lines.size(); ++i)
    {
        const auto& line = file.lines[i];
        for (auto open = line.find("`everstep::"); open != std::string::npos;)
        {
            const auto end = line.find('`', open + 1);
            if (end == std::string::npos)
                break;
            const auto name = line.substr(
                open + 1, line.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_:", open + 1) - open - 1);
            for (const auto& word : words_of(name))
                if (!known.contains(word))
                    all.report("document", file, i + 1, "include/ knows no " + word + ": " + name);
            open = line.find("`everstep::", end + 1);
        }
    }
}

std::vector<std::string> significant(const std::vector<std::string>& lines)
{
    std::vector<std::string> result;
    for (const auto& line : lines)
        if (auto text = trimmed(line); !text.empty())
            result.push_back(std::move(text));
    return result;
}

bool is_compiled(const tree& all, const std::vector<std::string>& block)
{
    const auto wanted = significant(block);
    for (const auto& [path, file] : all.files)
    {
        if (!path.starts_with("examples/") && !path.starts_with("tests/install/"))
            continue;
        const auto lines = significant(file.lines);
        if (std::search(lines.begin(), lines.end(), wanted.begin(), wanted.end()) != lines.end())
            return true;
    }
    return false;
}

void check_snippets(tree& all, const source_file& file)
{
    std::vector<std::string> block;
    std::size_t opened = 0;
    for (std::size_t i = 0; i < file.lines.size(); ++i)
    {
        const auto line = trimmed(file.lines[i]);
        if (!opened && (line == "```cpp" || line == "```cmake"))
            opened = i + 1;
        else if (opened && line == "```")
        {
            if (!is_compiled(all, block))
                all.report("snippet", file, opened, "this block is in no file of examples/ or tests/install/");
            opened = 0;
            block.clear();
        }
        else if (opened)
            block.push_back(line);
    }
}
}

void check_documents(tree& all)
{
    const auto known = public_words(all);
    for (const auto& [path, file] : all.files)
        if (path.ends_with(".md"))
            check_names(all, file, known);
    if (const auto readme = all.files.find("README.md"); readme != all.files.end())
        check_snippets(all, readme->second);
}
}
