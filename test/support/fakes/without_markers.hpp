#pragma once
// Linux before 6.13: no guard markers, and no advice for several runs at once.
#include <cstddef>
#include <span>

#include <quire/store.hpp>

#include "support/fakes/permissive_fake_kernel.hpp"

namespace quire::test {

struct without_markers : permissive_fake_kernel {
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    if (advice == advice_install_guard || advice == advice_remove_guard) return invalid;
    return permissive_fake_kernel::madvise(p, bytes, advice);
  }
  static long advise_runs(std::span<const page_run>, int) noexcept { return -forbidden; }
};

}  // namespace quire::test
