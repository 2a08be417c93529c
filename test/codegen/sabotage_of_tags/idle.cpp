// SPDX-License-Identifier: BSL-1.0
// expect: spoilt::grow: no dc gva
#include <quire/platform/linux_arm64_mte.hpp>

#include "../tagged_code.hpp"

struct idle : quire::calls::linux_kernel {
  static void tag(std::byte*, std::size_t) noexcept {}
};

namespace tagged {
struct spoilt : of<quire::linux_arm64_mte_allocator::with_backing<quire::backing::linux_mmap<idle>>> {};
}  // namespace tagged
template struct operations<tagged::spoilt>;
