#pragma once

namespace everstep::base
{
/// How often this process was forked off since the first call: two threads of one process get the same number, parent and child
/// different ones. Any thread. A load, where getpid() is a system call. (vfork and exec do not count; what they run is not ours.)
unsigned fork_count();
}
