// SPDX-License-Identifier: BSL-1.0
#pragma once
// Whether requests take effect on pages: kernels and emulators accept some requests without acting on them.
#include <cstddef>
#include <optional>

#include <quire/error.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/store.hpp>
#include <quire/system/linux/resident.hpp>

namespace quire::backing::detail {

template <class Calls, class Store>
struct linux_effect_check {
  /// Checks with mincore(2), on committed pages whose contents it destroys, that requests took effect: populated pages
  /// are resident, a locked page cannot be dropped, and one touch faults in more than one page where huge pages were
  /// requested, be it a folio. No huge page can be allocated unless `r` is a whole block.
  [[nodiscard]] static std::optional<step> ineffective_request(page_run r, const attributes& requested) noexcept {
    // Pages of a pool are huge or do not exist; tagged ones are cleared in place.
    if (requested.huge == huge_request::from_pool || requested.wants_hardware_tags()) return std::nullopt;
    const bool eager = requested.locked || requested.wants_population();
    if (eager && is_less(r, r.bytes)) return requested.locked ? step::lock : step::populate;
    const std::size_t page = Calls::page_bytes();
    if (requested.locked && Calls::madvise(r.base, page, Calls::advice_discard) == 0) return step::lock;
    if (requested.huge != huge_request::when_possible) return std::nullopt;
    if (eager && Store::discard(r, requested).native != 0) return std::nullopt;
    if (Store::populate({r.base, page}, requested) != 0) return std::nullopt;  // a touch that can fail
    return is_less(r, page + 1) ? std::optional(step::configure) : std::nullopt;
  }

 private:
  /// Whether fewer than `bytes` bytes are known to be resident.
  static bool is_less(page_run r, std::size_t bytes) noexcept {
    return quire::detail::resident_bytes<Calls>(r.base, r.bytes).value_or(bytes) < bytes;
  }
};

}  // namespace quire::backing::detail
