// tidy <root> <rules folder> [<rule>]: the house rules, as far as a program can know them. Without a rule the tree must
// pass; with one, the tree must be refused, and by that rule alone.

#include "tree.hpp"

#include <algorithm>
#include <exception>
#include <iostream>

int main(int argc, char** argv)
try
{
    using namespace everstep::tidy;
    if (argc < 3)
    {
        std::cerr << "usage: tidy <root> <rules folder> [<rule>]\n";
        return 2;
    }
    const std::string root = argv[1];
    const std::string rules = argv[2];

    auto all = read_tree(root);
    check_includes(all, read_rules(rules + "/layers.txt"));
    check_words(all, read_rules(rules + "/banned.txt"));
    check_layout(all, read_rules(root + "/tests/tidy/untested.txt"));
    check_documents(all);
    for (const auto& one : all.findings)
        std::cout << one.path << ':' << one.line << ": " << one.rule << ": " << one.text << '\n';

    if (argc == 3)
    {
        std::cout << all.files.size() << " files, " << all.findings.size() << " findings\n";
        return all.files.empty() || !all.findings.empty() ? 1 : 0;
    }
    const auto as_expected = [&](const finding& one) { return one.rule == argv[3]; };
    return !all.findings.empty() && std::all_of(all.findings.begin(), all.findings.end(), as_expected) ? 0 : 1;
}
catch (const std::exception& failure)
{
    std::cerr << "tidy: " << failure.what() << '\n';
    return 2;
}
