// SPDX-License-Identifier: BSL-1.0
#pragma once
// Guards inside a mapping (MADV_GUARD_INSTALL of Linux 6.13), and mappings that last (mseal of Linux 6.10).
#include <span>

#include <quire/backing/detail/linux/many_runs.hpp>
#include <quire/store.hpp>

namespace quire::backing::detail {

template <class Calls>
struct linux_guard_markers {
  /// process_madvise for up to 64 runs at once; one madvise for each if the kernel refuses that.
  static int mark_guards(std::span<const page_run> runs) noexcept {
    constexpr auto one = [](page_run r) { return Calls::madvise(r.base, r.bytes, Calls::advice_install_guard); };
    return advise_runs<Calls>(runs, Calls::advice_install_guard, one).native;
  }
  /// The same, and munlock before it if the kernel refuses locked pages, which divides their mapping. Another thread
  /// may lock them again in between.
  static int unlock_and_mark_guards(std::span<const page_run> runs) noexcept {
    constexpr int most_tries = 16;
    int refused = mark_guards(runs);
    for (int tries = 0; refused == Calls::invalid && tries != most_tries; ++tries) {
      for (const page_run& r : runs)
        if (const int n = Calls::munlock(r.base, r.bytes)) return n;
      refused = mark_guards(runs);
    }
    return refused;
  }
  /// madvise.
  static int unmark_guard(page_run r) noexcept { return Calls::madvise(r.base, r.bytes, Calls::advice_remove_guard); }
  /// mseal.
  static int seal(page_run r) noexcept { return Calls::mseal(r.base, r.bytes); }
};

}  // namespace quire::backing::detail
