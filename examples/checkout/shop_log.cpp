#include "shop_log.hpp"

#include <array>
#include <fstream>
#include <memory>
#include <mutex>

namespace shop
{
namespace
{
struct log_file
{
    explicit log_file(const std::string& name) : out(name, std::ios::app) {}
    std::mutex mutex;
    std::ofstream out;
};
}

std::function<void(const everstep::log_line&)> log_to(const std::string& file)
{
    return [log = std::make_shared<log_file>(file)](const everstep::log_line& line) {
        constexpr std::array levels{"note", "warning", "error"};
        const std::lock_guard lock(log->mutex);
        log->out << levels.at(static_cast<std::size_t>(line.level)) << ": ";
        if (!line.run.empty())
            log->out << line.workflow << '/' << line.run << ": ";
        log->out << line.text << std::endl;
    };
}
}
