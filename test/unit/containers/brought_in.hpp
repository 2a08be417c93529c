// SPDX-License-Identifier: BSL-1.0
#pragma once
// Which pages a container brings in before it writes them.
#include <cstddef>
#include <vector>

#include <quire/quire.hpp>

#include "support/fakes/failing_configs.hpp"

namespace quire::test {

using failing_allocator = linux_allocator::with_backing<failing_store>;

/// The bytes of each call that brought pages in, since the calls were last counted anew.
inline std::vector<std::size_t> brought_in() {
  std::vector<std::size_t> all;
  for (const made_call& each : failing_store::calls::watcher::made)
    if (each.what == call::madvise && each.detail == failing_store::calls::advice_populate_write)
      all.push_back(each.bytes);
  return all;
}

}  // namespace quire::test
