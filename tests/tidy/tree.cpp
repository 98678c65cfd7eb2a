#include "tree.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace everstep::tidy
{
namespace
{
namespace fs = std::filesystem;

constexpr std::array skipped_folders{".git", ".cache", "build"};
constexpr std::array text_endings{".cpp", ".hpp", ".cmake", ".in", ".txt", ".md", ".json", ".sh", ""};

bool ends_with_one_of(const std::string& ending)
{
    return std::find(text_endings.begin(), text_endings.end(), ending) != text_endings.end();
}

/// Blanks comments and literals, so that a rule about code does not see prose. Line numbers stay.
class stripper
{
public:
    std::string strip(const std::string& line)
    {
        std::string code;
        for (std::size_t at = 0; at < line.size();)
            at = in_comment_ ? skip_comment(line, at) : !raw_end_.empty() ? skip_raw(line, at) : take(line, at, code);
        return code;
    }

private:
    std::size_t skip_comment(const std::string& line, std::size_t at)
    {
        const auto end = line.find("*/", at);
        in_comment_ = end == std::string::npos;
        return in_comment_ ? line.size() : end + 2;
    }

    std::size_t skip_raw(const std::string& line, std::size_t at)
    {
        const auto end = line.find(raw_end_, at);
        if (end == std::string::npos)
            return line.size();
        const auto after = end + raw_end_.size();
        raw_end_.clear();
        return after;
    }

    std::size_t take(const std::string& line, std::size_t at, std::string& code)
    {
        if (line.compare(at, 2, "//") == 0)
            return line.size();
        if (line.compare(at, 2, "/*") == 0)
        {
            in_comment_ = true;
            return at + 2;
        }
        if (line.compare(at, 2, "R\"") == 0)
        {
            const auto open = line.find('(', at);
            raw_end_ = open == std::string::npos ? "" : ")" + line.substr(at + 2, open - at - 2) + "\"";
            code += "\"\"";
            return open == std::string::npos ? line.size() : open + 1;
        }
        const bool digit_separator =
            line[at] == '\'' && at > 0 && std::isxdigit(static_cast<unsigned char>(line[at - 1]));
        if (line[at] == '"' || (line[at] == '\'' && !digit_separator))
            return skip_literal(line, at, code);
        code += line[at];
        return at + 1;
    }

    static std::size_t skip_literal(const std::string& line, std::size_t at, std::string& code)
    {
        const char quote = line[at++];
        while (at < line.size() && line[at] != quote)
            at += line[at] == '\\' ? 2 : 1;
        code.append(2, quote);
        return at + 1;
    }

    bool in_comment_{};
    std::string raw_end_;
};

source_file read_file(const fs::path& from, std::string path)
{
    source_file file{.path = std::move(path), .lines = {}, .code = {}, .is_cpp = {}};
    std::ifstream in(from);
    if (!in)
        throw std::runtime_error("cannot read " + from.string());
    for (std::string line; std::getline(in, line);)
        file.lines.push_back(line);
    file.is_cpp = from.extension() == ".cpp" || from.extension() == ".hpp";
    stripper code;
    if (file.is_cpp)
        for (const auto& line : file.lines)
            file.code.push_back(code.strip(line));
    return file;
}
}

void tree::report(std::string_view rule, const source_file& file, std::size_t line, std::string text)
{
    findings.push_back({std::string{rule}, file.path, line, std::move(text)});
}

tree read_tree(const std::string& root)
{
    tree all;
    for (auto at = fs::recursive_directory_iterator(root); at != fs::recursive_directory_iterator(); ++at)
    {
        const auto path = fs::relative(at->path(), root).generic_string();
        const auto name = at->path().filename().string();
        if (at->is_directory())
        {
            if (std::find(skipped_folders.begin(), skipped_folders.end(), name) != skipped_folders.end() ||
                path == "tests/tidy/fixtures")
                at.disable_recursion_pending();
        }
        else if (name != "LICENSE" && path != "tests/tidy/banned.txt" &&
                 ends_with_one_of(at->path().extension().string()))
            all.files.emplace(path, read_file(at->path(), path));
    }
    return all;
}

bool is_word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::vector<std::string> words_of(std::string_view line)
{
    std::vector<std::string> words;
    for (std::size_t at = 0; at < line.size();)
    {
        auto end = at;
        while (end < line.size() && is_word_character(line[end]))
            ++end;
        if (end > at)
            words.emplace_back(line.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

std::string trimmed(std::string_view line)
{
    const auto first = line.find_first_not_of(" \t\r");
    return first == std::string_view::npos
               ? ""
               : std::string{line.substr(first, line.find_last_not_of(" \t\r") - first + 1)};
}

std::vector<std::string> read_rules(const std::string& path)
{
    std::ifstream in(path);
    std::vector<std::string> rules;
    for (std::string line; std::getline(in, line);)
        if (line = trimmed(line); !line.empty() && line.front() != '#')
            rules.push_back(line);
    return rules;
}
}
