// SPDX-License-Identifier: BSL-1.0
#pragma once
// khugepaged, the kernel thread that collapses small pages into huge ones.
#include <cstddef>
#include <fstream>
#include <sys/prctl.h>

namespace quire::test {

/// Applies to this process and its children. Since Linux 6.18 khugepaged may at any time fill inaccessible pages around
/// a resident one, so resident memory behind an end would not prove that an operation failed to give it back.
inline void keep_khugepaged_away() { ::prctl(PR_SET_THP_DISABLE, 1UL, 0UL, 0UL, 0UL); }

/// How many pages it has collapsed since the start of the system; 0 if the system does not tell.
inline std::size_t collapsed_by_khugepaged() {
  std::ifstream file{"/sys/kernel/mm/transparent_hugepage/khugepaged/pages_collapsed"};
  std::size_t pages = 0;
  return file >> pages ? pages : 0;
}

}  // namespace quire::test
