// The rules of banned.txt: `todo`, `disabled`, `machine`, `name`, `clock`.

#include "tree.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <sstream>

namespace everstep::tidy
{
namespace
{
struct ban
{
    std::string rule;
    std::string kind;
    std::string text;
    std::set<std::string> words;
};

constexpr std::array pure_folders{"runtime/base/", "runtime/journal/", "runtime/codec/", "runtime/replay/"};

bool is_pure(const std::string& path)
{
    return std::any_of(pure_folders.begin(), pure_folders.end(),
                       [&](const char* one) { return path.starts_with(one); });
}

std::vector<std::string> parts_of(const std::string& identifier)
{
    std::vector<std::string> parts;
    std::istringstream in(identifier);
    for (std::string part; std::getline(in, part, '_');)
        if (!part.empty())
            parts.push_back(part);
    return parts;
}

bool is_banned_name(const std::string& identifier, const ban& one, bool is_file)
{
    const auto parts = parts_of(identifier);
    if (parts.empty())
        return false;
    if (one.kind == "last_name")
        return one.words.contains(parts.back()) && (is_file || parts.size() > 1);
    return std::any_of(parts.begin(), parts.end(), [&](const auto& part) { return one.words.contains(part); });
}

bool holds_path(const std::string& line, const std::string& path)
{
    for (auto at = line.find(path); at != std::string::npos; at = line.find(path, at + 1))
        if (at == 0 || (!is_word_character(line[at - 1]) &&
                        std::string_view{"./-{}$>)"}.find(line[at - 1]) == std::string_view::npos))
            return true;
    return false;
}

struct bans
{
    std::vector<ban> all;
    std::set<std::string> accepted;

    void check_name(tree& found, const source_file& file, std::size_t line, const std::string& identifier,
                    bool is_file) const
    {
        if (accepted.contains(identifier))
            return;
        for (const auto& one : all)
            if ((one.kind == "name" || one.kind == "last_name") && is_banned_name(identifier, one, is_file))
                found.report(one.rule, file, line, "a name that says nothing: " + identifier);
    }

    void check_line(tree& found, const source_file& file, std::size_t index) const
    {
        const auto& line = file.lines[index];
        const auto words = words_of(line);
        for (const auto& one : all)
        {
            const bool bad =
                one.kind == "word"
                    ? std::any_of(words.begin(), words.end(), [&](auto& w) { return one.words.contains(w); })
                : one.kind == "text" ? line.find(one.text) != std::string::npos
                : one.kind == "path" ? holds_path(line, one.text)
                : one.kind == "pure"
                    ? file.is_cpp && is_pure(file.path) && file.code[index].find(one.text) != std::string::npos
                    : false;
            if (bad)
                found.report(one.rule, file, index + 1, trimmed(line));
        }
    }
};

bans read_bans(const std::vector<std::string>& rules)
{
    bans result;
    for (const auto& rule : rules)
    {
        std::istringstream in(rule);
        ban one;
        in >> one.rule >> one.kind;
        std::getline(in, one.text);
        one.text = trimmed(one.text);
        std::istringstream rest(one.text);
        for (std::string word; rest >> word;)
            (one.kind == "name_ok" ? result.accepted : one.words).insert(word);
        result.all.push_back(std::move(one));
    }
    return result;
}

/// A line of prose does not end in a semicolon; a line of code that somebody kept does.
bool is_kept_code(const std::string& line)
{
    const auto text = trimmed(line);
    return text.starts_with("//") && !text.starts_with("///") && text.ends_with(";") &&
           text.find_first_of("=()") != std::string::npos;
}
}

void check_words(tree& all, const std::vector<std::string>& rules)
{
    const auto banned = read_bans(rules);
    for (const auto& [path, file] : all.files)
    {
        auto name = path.substr(path.rfind('/') + 1);
        name = name.substr(0, name.find('.'));
        if (file.is_cpp)
            banned.check_name(all, file, 1, name, true);
        for (std::size_t i = 0; i < file.lines.size(); ++i)
        {
            banned.check_line(all, file, i);
            if (!file.is_cpp)
                continue;
            if (path.starts_with("runtime/") && is_kept_code(file.lines[i]))
                all.report("kept_code", file, i + 1, "code in a comment: " + trimmed(file.lines[i]));
            if (trimmed(file.code[i]).starts_with("#"))
                continue;
            for (const auto& word : words_of(file.code[i]))
                banned.check_name(all, file, i + 1, word, false);
        }
    }
}
}
