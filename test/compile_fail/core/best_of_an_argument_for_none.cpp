// SPDX-License-Identifier: BSL-1.0
// expect: an argument is taken by none of these allocators
#include <quire/platform/linux.hpp>
#include <quire/with_best.hpp>

int main() {
  return quire::with_best<quire::huge_linux_allocator, quire::linux_allocator>([](auto&, auto) {},
#ifdef CONTROL
                                                                               quire::limits{quire::pages{1}})
#else
                                                                               quire::placement::prefer{.node = 0})
#endif
                 .has_value()
             ? 0
             : 1;
}
