// SPDX-License-Identifier: BSL-1.0
#pragma once
// Requests to this machine that stand in for those to QNX.
#include <cstddef>
#include <sys/mman.h>

#include "models/qnx/model/numbers.hpp"
#include "support/process/host_memory.hpp"

namespace quire::test::qnx_model {

constexpr int host_protection(int protection) {
  return ((protection & prot_read) != 0 ? PROT_READ : 0) | ((protection & prot_write) != 0 ? PROT_WRITE : 0) |
         ((protection & prot_exec) != 0 ? PROT_EXEC : 0);
}

/// Memory that is taken is resident. Ranges larger than any test touches are only counted.
inline void populate_and_lock(std::byte* p, std::size_t bytes) {
  if (bytes <= std::size_t{16} << 20) host_memory::populate_and_lock(p, bytes);
}

}  // namespace quire::test::qnx_model
