// SPDX-License-Identifier: BSL-1.0
// expect first: the visitor takes each of these allocators and the errors of those before it
#include <quire/platform/linux.hpp>
#include <quire/with_best.hpp>

#ifdef CONTROL
constexpr auto visitor = [](auto&, std::span<const quire::error>) { return 0; };
#else
constexpr auto visitor = [](quire::linux_allocator&, std::span<const quire::error>) { return 0; };
#endif

int main() {
  return quire::with_best<quire::huge_linux_allocator, quire::linux_allocator>(visitor).has_value() ? 0 : 1;
}
