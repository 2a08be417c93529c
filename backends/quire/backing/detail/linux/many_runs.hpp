// SPDX-License-Identifier: BSL-1.0
#pragma once
// One call for many runs of pages: process_madvise of Linux 6.15 on the process itself.
#include <algorithm>
#include <cstddef>
#include <span>

#include <quire/store.hpp>

namespace quire::backing::detail {

/// process_madvise for up to 64 runs at once. Where the kernel refuses that, `one` is called for each of them; it
/// returns an outcome, or 0 or the native code.
template <class Calls, class One>
outcome advise_runs(std::span<const page_run> runs, int advice, One one) noexcept {
  bool begun = false;
  while (!runs.empty()) {
    const auto some = runs.first(std::min(runs.size(), Calls::most_advised_at_once));
    std::size_t bytes = 0;
    for (const page_run& r : some) bytes += r.bytes;
    if (some.size() == 1 || Calls::advise_runs(some, advice) != static_cast<long>(bytes))
      for (const page_run& r : some)
        if (const outcome done(one(r)); done.native != 0) return {done.native, begun || done.lost};
    begun = true;
    runs = runs.subspan(some.size());
  }
  return {};
}

}  // namespace quire::backing::detail
