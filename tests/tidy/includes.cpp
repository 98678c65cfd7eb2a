// Rules `include` (the layer table, also through other files), `include_form`.

#include "tree.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <sstream>

namespace everstep::tidy
{
namespace
{
struct include_line
{
    std::size_t line{};
    std::string name;
    bool quoted{};
    const source_file* target{}; ///< null: not ours
};

struct layer
{
    std::string folder;
    std::set<std::string> own;
    std::vector<std::string> outside;
    std::set<std::string> never;
    std::map<std::string, std::vector<std::string>> files;

    bool may_include(const layer& other) const
    {
        return &other == this || own.contains("*") || own.contains(other.folder);
    }

    bool may_include(const source_file& file, const std::string& name) const
    {
        if (name.find_first_of("./") == std::string::npos)
            return !never.contains(name);
        const auto fits = [&](const std::string& prefix) { return prefix == "*" || name.starts_with(prefix); };
        const auto more = files.find(file.path);
        return std::any_of(outside.begin(), outside.end(), fits) ||
               (more != files.end() && std::any_of(more->second.begin(), more->second.end(), fits));
    }
};

std::vector<layer> read_layers(const std::vector<std::string>& rules)
{
    std::vector<layer> layers;
    for (const auto& rule : rules)
    {
        std::istringstream in(rule);
        std::string keyword;
        in >> keyword;
        std::vector<std::string> rest;
        for (std::string word; in >> word;)
            rest.push_back(word);
        if (keyword == "layer")
            layers.push_back({rest.at(0), {}, {}, {}, {}});
        else if (keyword == "own")
            layers.back().own.insert(rest.begin(), rest.end());
        else if (keyword == "outside")
            layers.back().outside = rest;
        else if (keyword == "never")
            layers.back().never.insert(rest.begin(), rest.end());
        else if (keyword == "file")
            layers.back().files[rest.at(0)] = {rest.begin() + 1, rest.end()};
    }
    return layers;
}

const layer* layer_of(const std::vector<layer>& layers, const std::string& path)
{
    const layer* best{};
    for (const auto& one : layers)
        if (path.starts_with(one.folder + "/") && (!best || one.folder.size() > best->folder.size()))
            best = &one;
    return best;
}

std::string folder_of(const std::string& path)
{
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

/// "a/b/../c" is "a/c".
std::string normal(const std::string& path)
{
    std::vector<std::string> parts;
    std::istringstream in(path);
    for (std::string part; std::getline(in, part, '/');)
    {
        if (part == ".." && !parts.empty())
            parts.pop_back();
        else if (part != ".")
            parts.push_back(part);
    }
    std::string result;
    for (const auto& part : parts)
        result += (result.empty() ? "" : "/") + part;
    return result;
}

const source_file* resolve(const tree& all, const source_file& from, const std::string& name, bool quoted)
{
    std::vector<std::string> folders{"include/", "runtime/", ""};
    if (quoted)
        folders.insert(folders.begin(), folder_of(from.path));
    if (from.path.starts_with("tests/") || from.path.starts_with("bench/"))
        folders.insert(folders.end(), {"tests/", "tests/support/", "bench/"});
    for (const auto& folder : folders)
        if (const auto found = all.files.find(normal(folder + name)); found != all.files.end() && found->second.is_cpp)
            return &found->second;
    return nullptr;
}

std::optional<include_line> parse(const std::string& line)
{
    auto rest = trimmed(line);
    if (rest.empty() || rest.front() != '#')
        return std::nullopt;
    rest = trimmed(rest.substr(1));
    if (!rest.starts_with("include"))
        return std::nullopt;
    rest = trimmed(rest.substr(7));
    if (rest.empty() || (rest.front() != '<' && rest.front() != '"'))
        return std::nullopt;
    const bool quoted = rest.front() == '"';
    const auto end = rest.find(quoted ? '"' : '>', 1);
    return include_line{0, rest.substr(1, end - 1), quoted, nullptr};
}

using include_graph = std::map<const source_file*, std::vector<include_line>>;

include_graph read_graph(const tree& all)
{
    include_graph graph;
    for (const auto& [path, file] : all.files)
        for (std::size_t i = 0; file.is_cpp && i < file.lines.size(); ++i)
            if (auto include = parse(file.lines[i]))
            {
                include->line = i + 1;
                include->target = resolve(all, file, include->name, include->quoted);
                graph[&file].push_back(*include);
            }
    return graph;
}

struct walk
{
    tree& all;
    const std::vector<layer>& layers;
    const include_graph& graph;
    const source_file& start;
    const layer& mine;
    std::set<const source_file*> seen{};
    std::set<std::string> refused{};

    void refuse(std::size_t line, const std::string& name, const std::string& through)
    {
        if (refused.insert(name).second)
            all.report("include", start, line, mine.folder + " may not include " + name + through);
    }

    void follow(const source_file& file, std::size_t line, const std::string& through)
    {
        const auto found = graph.find(&file);
        if (found == graph.end())
            return;
        for (const auto& include : found->second)
        {
            const auto at = line ? line : include.line;
            if (!include.target)
            {
                if (!mine.may_include(start, include.name))
                    refuse(at, "<" + include.name + ">", through);
                continue;
            }
            const auto* other = layer_of(layers, include.target->path);
            if (other && !mine.may_include(*other))
                refuse(at, include.target->path, through);
            else if (seen.insert(include.target).second)
                follow(*include.target, at,
                       through + (through.empty() ? ", which comes through " : " and ") + include.name);
        }
    }
};

void check_form(tree& all, const source_file& file, const include_line& include)
{
    if (!file.path.starts_with("runtime/") && !file.path.starts_with("include/"))
        return;
    if (include.name.find("..") != std::string::npos)
        all.report("include_form", file, include.line, "no \"..\" in an include: " + include.name);
    else if (include.target && include.quoted && include.target->path != "runtime/" + include.name)
        all.report("include_form", file, include.line,
                   include.target->path.starts_with("include/") ? "public headers are included with <>: " + include.name
                                                                : "write it from runtime/: " + include.name);
    else if (include.target && !include.quoted && include.target->path != "include/" + include.name)
        all.report("include_form", file, include.line, "internal headers are included with quotes: " + include.name);
}
}

void check_includes(tree& all, const std::vector<std::string>& rules)
{
    const auto layers = read_layers(rules);
    const auto graph = read_graph(all);
    for (const auto& [file, includes] : graph)
    {
        for (const auto& include : includes)
            check_form(all, *file, include);
        const auto* mine = layer_of(layers, file->path);
        if (mine)
            walk{all, layers, graph, *file, *mine}.follow(*file, 0, "");
        else
            all.report("include", *file, 1, "this folder is in no layer of layers.txt");
    }
}
}
