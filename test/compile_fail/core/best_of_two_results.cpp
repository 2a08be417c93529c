// SPDX-License-Identifier: BSL-1.0
// expect: the visitor returns the same type for each of these allocators
#include <quire/platform/linux.hpp>
#include <quire/with_best.hpp>

struct visitor {
  int operator()(quire::huge_linux_allocator&, std::span<const quire::error>) { return 0; }
#ifdef CONTROL
  int operator()(quire::linux_allocator&, std::span<const quire::error>) { return 0; }
#else
  long operator()(quire::linux_allocator&, std::span<const quire::error>) { return 0; }
#endif
};

int main() {
  return quire::with_best<quire::huge_linux_allocator, quire::linux_allocator>(visitor{}).has_value() ? 0 : 1;
}
