// SPDX-License-Identifier: BSL-1.0
// Huge pages where the machine has them: allocate takes the first typedef that it can provide at this size.
#include <cstdio>
#include <quire/quire.hpp>

using namespace quire::literals;

using plain = quire::linux_allocator;
using pool = plain::with_page_size<quire::page_size::explicit_huge<2_MiB>>;
using heap = quire::fallback<pool, quire::huge_linux_allocator, plain>;

int main() {
  heap memory;
  const auto bytes = memory.allocate(quire::pages{64}, quire::pages{1024});
  if (!bytes) return 1;
  constexpr const char* names[] = {"pages of a 2 MiB pool", "transparent huge pages", "native pages"};
  for (const quire::error& why : memory.rejected()) std::printf("rejected: %s\n", why.message());
  std::printf("4 MiB of %s\n", names[memory.acting()]);
  return 0;
}
