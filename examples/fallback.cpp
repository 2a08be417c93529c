// Huge pages where the machine has them: the first available alternative is used, without a virtual call.
#include <cstdio>
#include <quire/quire.hpp>

using namespace quire::literals;

using heap = quire::linux_allocator::with_page_size<quire::first_of<
    quire::page_size::explicit_huge<2_MiB>, quire::page_size::transparent_huge<>, quire::page_size::native>>;

int main() {
  heap memory;
  const auto bytes = memory.allocate(quire::pages{64}, quire::pages{1024});
  if (!bytes) return 1;
  constexpr const char* names[] = {"pages of a 2 MiB pool", "transparent huge pages", "native pages"};
  std::printf("4 MiB of %s\n", names[memory.acting_alternative()]);
  return 0;
}
