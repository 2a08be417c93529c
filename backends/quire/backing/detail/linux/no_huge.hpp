#pragma once
// Advice against huge pages that Linux refuses because it was built without them.
#include <boost/config.hpp>

namespace quire::backing::detail {

/// Pages shall not be huge, and `refusal` says that the advice does not exist: on a kernel without transparent huge
/// pages it is fulfilled. Such a kernel knows neither of both advices. That is asked of an empty range, for which
/// madvise checks the advice alone, and with no other call, as a seccomp filter may kill for one.
template <class Calls>
[[nodiscard]] BOOST_NOINLINE int refused_no_huge(void* page, int refusal) noexcept {
  const auto takes = [page](int advice) { return Calls::madvise(page, 0, advice); };
  const bool knows_no_huge_pages = refusal == Calls::invalid && takes(Calls::advice_no_huge) == Calls::invalid &&
                                   takes(Calls::advice_huge) == Calls::invalid && takes(Calls::advice_discard) == 0;
  return knows_no_huge_pages ? 0 : refusal;
}

}  // namespace quire::backing::detail
