// SPDX-License-Identifier: BSL-1.0
// expect: quire: an argument is none of the policies of this pool's stacks
#include <quire/placement/prefer.hpp>
#include <quire/platform/linux.hpp>
#include <quire/recycling/none.hpp>
#include <quire/stack_pool.hpp>

bool opens(quire::stack_pool<quire::linux_allocator, quire::recycling::none>& p) {
#ifdef CONTROL
  return p.open({.stacks = 1, .bytes = 65536}).has_value();
#else
  return p.open({.stacks = 1, .bytes = 65536}, quire::placement::prefer{.node = 0}).has_value();
#endif
}
