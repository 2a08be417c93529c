#pragma once
// The kernel's own thread that makes huge pages of small ones.
#include <sys/prctl.h>

namespace quire::test {

/// For this process and its children. Since Linux 6.18 the thread also fills inaccessible pages around one that is
/// there, at any time: where it runs, memory behind an end is not what somebody has forgotten to give back.
inline void keep_khugepaged_away() { ::prctl(PR_SET_THP_DISABLE, 1UL, 0UL, 0UL, 0UL); }

}  // namespace quire::test
