#pragma once
// What each policy of a memory really obtained, asked of the system and never remembered.
#include <cstddef>
#include <optional>

#include <quire/detail/composition.hpp>
#include <quire/page_allocator.hpp>
#include <quire/store.hpp>
#include <quire/store/images.hpp>
#include <quire/system/observation.hpp>
#include <quire/tags.hpp>

namespace quire {

/// What was observed, and which choice the allocator made itself.
struct effective_t : observation {
  std::optional<std::size_t> alternative;  // of a first_of, from 0; none where the typedef has no first_of
  std::optional<image_use> image;          // how what it started with came; none where the typedef has no images

  friend constexpr bool operator==(const effective_t&, const effective_t&) = default;
};

namespace detail {

template <class B, class P, class T, class Z, class L, class R, std::size_t I = 0>
[[nodiscard]] layout layout_of(const page_allocator<B, P, T, Z, L, R>& a) noexcept {
  using composition = detail::composition<B, P, T, Z, L, R>;
  if constexpr (I + 1 < composition::alternatives)
    if (a.acting_alternative() != I) return layout_of<B, P, T, Z, L, R, I + 1>(a);
  return composition::template plan_as<I>(a.capacity());
}

}  // namespace detail

/// Over a store that observes nothing, and without a region, everything is unknown. May read whole files of the system:
/// not for a hot path.
template <class B, class P, class T, class Z, class L, class R>
[[nodiscard]] effective_t effective(const page_allocator<B, P, T, Z, L, R>& a) noexcept {
  effective_t e;
  if (a.zone_of(a.data()) == zone::outside) return e;  // no region
  if constexpr (observing_store<B>) {
    const layout l = detail::layout_of(a);
    std::byte* base = a.data();
    if constexpr (detail::composition<B, P, T, Z, L, R>::tags_pointers) base = without_tag_in(base);
    const page_run accessible{base, align_up(a.size(), a.commit_granule())};
    a.backing().observe(accessible, page_run{base - l.before, l.total()}, e);
  }
  if constexpr (detail::alternatives<P, T, Z, L, R> > 1) e.alternative = a.acting_alternative();
  if constexpr (image_backed_store<B>) e.image = a.image_mode();
  return e;
}

}  // namespace quire
