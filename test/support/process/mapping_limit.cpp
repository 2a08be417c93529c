// SPDX-License-Identifier: BSL-1.0
#include "support/process/mapping_limit.hpp"

#include <fstream>
#include <unistd.h>

namespace quire::test {

std::size_t most_mappings() {
  std::ifstream file{"/proc/sys/vm/max_map_count"};
  std::size_t most = 0;
  file >> most;
  return most;
}

namespace {

const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
constexpr std::size_t room = std::size_t{1} << (sizeof(void*) > 4 ? 32 : 30);

}  // namespace

// Makes every second page of an inaccessible reservation readable, which adds two mappings each time. One more may be
// left then, for a mapping that merges with no other.
void all_mappings::take() noexcept {
  void* const p = ::mmap(nullptr, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) return;
  first_ = static_cast<std::byte*>(p);
  for (std::byte* next = first_ + page; ::mprotect(next, page, PROT_READ) == 0;) next += 2 * page;
  while (::mmap(nullptr, page, PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) {
  }
}

void all_mappings::give_back() noexcept { ::munmap(first_, room); }

}  // namespace quire::test
