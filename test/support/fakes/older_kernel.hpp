// SPDX-License-Identifier: BSL-1.0
#pragma once
// Linux before 6.7: no guard markers, no advice for several runs at once, and no scan for written pages.
#include <cstddef>
#include <cstdint>
#include <span>

#include <quire/store.hpp>

#include "support/fakes/permissive_fake_kernel.hpp"

namespace quire::test {

struct older_kernel : permissive_fake_kernel {
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    if (advice == advice_install_guard || advice == advice_remove_guard) return invalid;
    return permissive_fake_kernel::madvise(p, bytes, advice);
  }
  static long advise_runs(std::span<const page_run>, int) noexcept { return -forbidden; }
  static long scan_dirty_pages(int, std::uint64_t, std::uint64_t, bool, std::span<scanned_run>,
                               std::uint64_t&) noexcept {
    return -no_ioctl;
  }
};

}  // namespace quire::test
