// SPDX-License-Identifier: BSL-1.0
#pragma once
// Advice against huge pages that Linux refuses because it was built without them.
#include <boost/config.hpp>

namespace quire::backing::detail {

/// Decides about a refusal of advice against huge pages: on a kernel without transparent huge pages the request is
/// fulfilled. Such a kernel knows neither of the two advices. This is checked on an empty range, for which madvise
/// checks the advice alone, and with no other call, as a seccomp filter may kill the process for one.
template <class Calls>
[[nodiscard]] BOOST_NOINLINE int refused_no_huge(void* page, int refusal) noexcept {
  const auto takes = [page](int advice) { return Calls::madvise(page, 0, advice); };
  const bool knows_no_huge_pages = refusal == Calls::invalid && takes(Calls::advice_no_huge) == Calls::invalid &&
                                   takes(Calls::advice_huge) == Calls::invalid && takes(Calls::advice_discard) == 0;
  return knows_no_huge_pages ? 0 : refusal;
}

}  // namespace quire::backing::detail
