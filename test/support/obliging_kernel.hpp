#pragma once
// Linux as it would be with everything built in: pools of huge pages (ordinary pages, here), names for mappings,
// weighted interleaving. For what is tested of the calls alone.
#include <cstddef>

#include <quire/calls/linux.hpp>

#include "support/pretended_pool.hpp"

namespace quire::test {

struct obliging_kernel : pretended_pool<calls::linux_kernel> {
  static int name_mapping(void*, std::size_t, const char*) noexcept { return 0; }
  static int mbind(void* p, std::size_t bytes, int mode, const unsigned long* mask, unsigned long nodes) noexcept {
    const int known = mode == numa_weighted_interleave ? numa_interleave : mode;
    return calls::linux_kernel::mbind(p, bytes, known, mask, nodes);
  }
};

}  // namespace quire::test
