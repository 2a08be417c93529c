#pragma once
// Whether what was wished of pages acts on them: kernels and emulators grant some wishes in words only.
#include <cstddef>
#include <optional>

#include <quire/error.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/store.hpp>
#include <quire/system/linux/resident.hpp>

namespace quire::backing::detail {

template <class Calls, class Store>
struct linux_idle_wishes {
  /// Of committed pages, whose contents are lost; asked with mincore. Pages that were to be there are; a locked one
  /// cannot be dropped; where huge pages were wished more than one page comes with a touch, be it a folio. None of them
  /// comes unless `r` is a whole block.
  [[nodiscard]] static std::optional<step> idle_wish(page_run r, const attributes& wishes) noexcept {
    // A pool's pages are huge or none at all; tagged ones are cleared in place.
    if (wishes.huge == huge_wish::from_pool || wishes.wants_hardware_tags()) return std::nullopt;
    const bool up_front = wishes.locked || wishes.wants_population();
    if (up_front && is_less(r, r.bytes)) return wishes.locked ? step::lock : step::populate;
    const std::size_t page = Calls::page_bytes();
    if (wishes.locked && Calls::madvise(r.base, page, Calls::advice_discard) == 0) return step::lock;
    if (wishes.huge != huge_wish::when_possible) return std::nullopt;
    if (up_front && Store::discard(r, wishes).native != 0) return std::nullopt;
    if (Store::populate({r.base, page}, wishes) != 0) return std::nullopt;  // a touch that can fail
    return is_less(r, page + 1) ? std::optional(step::dress) : std::nullopt;
  }

 private:
  /// Whether it is known that less than so many bytes are there.
  static bool is_less(page_run r, std::size_t bytes) noexcept {
    return quire::detail::bytes_there<Calls>(r.base, r.bytes).value_or(bytes) < bytes;
  }
};

}  // namespace quire::backing::detail
