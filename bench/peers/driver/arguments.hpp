#pragma once

// The command line of a peer's driver: a subcommand, then "--name value" pairs, all of them made by compare/.

#include <map>
#include <stdexcept>
#include <string>

namespace everstep::bench::peers
{
class arguments
{
public:
    arguments(int count, char** words)
    {
        if (count < 2 || count % 2 != 0)
            throw std::invalid_argument("usage: <subcommand> [--name value]...");
        subcommand_ = words[1];
        for (int i = 2; i < count; i += 2)
            values_.emplace(words[i], words[i + 1]);
    }

    const std::string& subcommand() const noexcept { return subcommand_; }
    const std::string& text(const std::string& name) const
    {
        const auto found = values_.find(name);
        if (found == values_.end())
            throw std::invalid_argument(subcommand_ + " needs " + name);
        return found->second;
    }
    std::string text_or(const std::string& name, const std::string& otherwise) const
    {
        const auto found = values_.find(name);
        return found == values_.end() ? otherwise : found->second;
    }
    std::size_t number(const std::string& name) const { return std::stoull(text(name)); }
    double seconds(const std::string& name) const { return std::stod(text(name)); }

private:
    std::string subcommand_;
    std::map<std::string, std::string> values_;
};
}
