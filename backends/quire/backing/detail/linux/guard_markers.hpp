#pragma once
// Guards inside a mapping: MADV_GUARD_INSTALL of Linux 6.13.
#include <algorithm>
#include <cstddef>
#include <span>

#include <quire/store.hpp>

namespace quire::backing::detail {

template <class Calls>
struct linux_guard_markers {
  /// process_madvise for up to 64 runs at once; one madvise for each if the kernel refuses that.
  static int mark_guards(std::span<const page_run> runs) noexcept {
    while (!runs.empty()) {
      const auto some = runs.first(std::min(runs.size(), Calls::most_advised_at_once));
      if (some.size() == 1 || !all_at_once(some))
        for (const page_run& r : some)
          if (const int n = Calls::madvise(r.base, r.bytes, Calls::advice_install_guard)) return n;
      runs = runs.subspan(some.size());
    }
    return 0;
  }
  /// madvise.
  static int unmark_guard(page_run r) noexcept { return Calls::madvise(r.base, r.bytes, Calls::advice_remove_guard); }

 private:
  static bool all_at_once(std::span<const page_run> runs) noexcept {
    std::size_t bytes = 0;
    for (const page_run& r : runs) bytes += r.bytes;
    return Calls::advise_runs(runs, Calls::advice_install_guard) == static_cast<long>(bytes);
  }
};

}  // namespace quire::backing::detail
