// SPDX-License-Identifier: BSL-1.0
// The kernel reads whole registers, and an argument of type int fills half of one: what compilers leave in the other
// half must not make a call fail.
#include <cstdio>

#include <quire/page_size/transparent_huge.hpp>
#include <quire/platform/linux.hpp>

extern unsigned long largest_protection;

namespace {

template <class A>
bool lives() {
  A a;
  using pages = typename A::pages;
  if (!a.allocate(pages{200}, pages{256}) || !a.grow(pages{10}) || !a.protect(0, 65536, quire::access::read))
    return false;
  return a.shrink(pages{100}) && a.discard(0, 65536 * 100) && a.reset(pages{150}) && a.shrink(pages{140});
}

}  // namespace

int main() {
  const bool alive = lives<quire::linux_allocator>() && lives<quire::wasm_linux_allocator>() &&
                     lives<quire::linux_allocator::with_page_size<quire::page_size::transparent_huge<>>>();
  std::printf("largest protection: %#lx\n", largest_protection);
  return alive && largest_protection != 0 && largest_protection < 0x1'0000'0000UL ? 0 : 1;
}
