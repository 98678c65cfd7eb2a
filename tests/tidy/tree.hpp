#pragma once

// The files that the rules look at, read once, and what is found in them.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace everstep::tidy
{
struct source_file
{
    std::string path;               ///< from the root, with slashes
    std::vector<std::string> lines; ///< as they are
    std::vector<std::string> code;  ///< C++ only: the same lines, comments and literals blank
    bool is_cpp{};
};

struct finding
{
    std::string rule;
    std::string path;
    std::size_t line{};
    std::string text;
};

struct tree
{
    std::map<std::string, source_file> files;
    std::vector<finding> findings;

    void report(std::string_view rule, const source_file& file, std::size_t line, std::string text);
};

/// Reads every text file under the root; build folders and tidy's own fixtures are not looked at.
tree read_tree(const std::string& root);

std::vector<std::string> words_of(std::string_view line);
std::string trimmed(std::string_view line);
bool is_word_character(char c);

/// A line of a rules file without its comment; empty when nothing is left.
std::vector<std::string> read_rules(const std::string& path);

void check_includes(tree& all, const std::vector<std::string>& rules);
void check_words(tree& all, const std::vector<std::string>& rules);
void check_layout(tree& all, const std::vector<std::string>& untested);
void check_documents(tree& all);
}
