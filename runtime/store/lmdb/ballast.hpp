#pragma once

// Ballast: a file of blocks that mean nothing, beside the journal. When the disk is full it is thrown overboard, and what
// is running can finish in its space; when there is space again, it is taken on again (H13).

#include <cstdint>
#include <string>

namespace everstep::store::lmdb
{
class ballast
{
public:
    /// `bytes` 0: none is ever carried.
    ballast(std::string directory, std::uint64_t bytes);

    bool carried() const noexcept { return carried_; }

    /// Takes it on if the disk has room for it several times over; else does nothing, the next commit asks again.
    void take_on() noexcept;

    /// Frees its space. False: there was none.
    bool drop() noexcept;

    /// Whether this user could now allocate so much in the directory: a short write says EIO for a full disk and for a
    /// broken one, and this tells them apart.
    bool room_for(std::uint64_t bytes) const noexcept;

private:
    std::string file_;
    std::string probe_;
    std::string directory_;
    std::uint64_t bytes_;
    bool carried_;
};
}
