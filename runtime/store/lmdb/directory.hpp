#pragma once

// The directory of a journal: made, opened, made durable. LMDB never syncs it, so a fresh journal could vanish in a power
// cut with everything that was acknowledged (H16); we do.

#include <string>

namespace everstep::store::lmdb
{
class directory
{
public:
    enum class absent
    {
        create,
        refuse
    };

    /// Opens it; creates it and its missing parents with mode 0700 where asked to. Throws lmdb_error.
    directory(const std::string& path, absent when);
    ~directory();
    directory(const directory&) = delete;
    directory& operator=(const directory&) = delete;

    const std::string& path() const noexcept { return path_; }
    std::string file(const char* name) const { return path_ + "/" + name; }
    int descriptor() const noexcept { return descriptor_; }

    /// On NFS, CIFS, FUSE and the like, locks and maps cannot be trusted (H12).
    bool remote() const;

    /// Makes the names in it, and its own name in its parent, survive a power cut.
    void sync() const;

private:
    std::string path_;
    int descriptor_;
};

/// Whether statfs's f_type is that of a file system over a network or in user space.
bool is_remote(unsigned long file_system_type) noexcept;
}
