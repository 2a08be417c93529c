// SPDX-License-Identifier: BSL-1.0
#pragma once
// What each policy of a memory really obtained: asked from the system on every call, never cached.
#include <cstddef>
#include <optional>

#include <quire/detail/composition.hpp>
#include <quire/page_allocator.hpp>
#include <quire/store.hpp>
#include <quire/store/images.hpp>
#include <quire/system/observation.hpp>
#include <quire/tags.hpp>

namespace quire {

/// The store's observation, and the choices that the allocator made itself.
struct effective_t : observation {
  std::optional<std::size_t> candidate;  // of a fallback: the one that acts, from 0; else empty
  std::optional<image_mode> image;       // how the initial contents came; empty if the typedef has no images

  friend constexpr bool operator==(const effective_t&, const effective_t&) = default;
};

/// Asks the system what became of the policies' requests. Over a store that cannot observe, and without a region, every
/// observed value is unknown. Not for a hot path: may read whole files of the system (Linux: /proc/self/smaps).
template <class B, class P, class T, class Z, class L, class R>
[[nodiscard]] effective_t effective(const page_allocator<B, P, T, Z, L, R>& a) noexcept {
  effective_t e;
  if (a.zone_of(a.data()) == zone::outside) return e;  // no region
  if constexpr (observing_store<B>) {
    using composition = detail::composition<B, P, T, Z, L, R>;
    const layout l = composition::plan(a.capacity());
    std::byte* base = a.data();
    if constexpr (composition::has_hardware_tags) base = without_tag_in(base);
    const page_run accessible{base, align_up(a.size(), a.commit_granule())};
    a.backing().observe(accessible, page_run{base - l.before, l.total()}, e);
  }
  if constexpr (image_backed_store<B>) e.image = a.image_mode();
  return e;
}

/// What became of the requests of the candidate that acts, and which one that is.
template <class... A>
[[nodiscard]] effective_t effective(const fallback<A...>& a) noexcept {
  effective_t e = a.visit([](const auto& acting) { return effective(acting); });
  if (a.zone_of(a.data()) != zone::outside) e.candidate = a.acting();
  return e;
}

}  // namespace quire
