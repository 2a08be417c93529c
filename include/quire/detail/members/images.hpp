// SPDX-License-Identifier: BSL-1.0
#pragma once
// Additional members of a memory that may start from an image.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>

#include <quire/detail/members/access.hpp>
#include <quire/error.hpp>
#include <quire/result.hpp>
#include <quire/store/images.hpp>
#include <quire/units.hpp>

namespace quire::detail {

template <class A, class Composition, bool Starting = image_backed_store<typename Composition::store_type>>
class image_members {
  image_members() = default;
  friend A;
};

template <class A, class Composition>
class image_members<A, Composition, true> {
  image_members() = default;
  friend A;
  using pages = basic_pages<Composition::unit>;

 public:
  /// What this memory can start from.
  using image = typename Composition::store_type::image_type;

  /// Allocates as allocate does, with the contents of `start` at `offset` and zeros around them. reset restores the
  /// image, truncated to the new size; pages that grow adds are zero, as always. The image must not be moved or
  /// destroyed while this memory exists. Cost beyond allocate on Linux: one mmap, and the calls that configure pages
  /// again; where the image cannot be mapped, a copy. Errors: those of allocate, and `invalid_argument` if `offset` is
  /// not a multiple of `image_granularity()`, the image does not lie within `initial`, or it was moved from.
  [[nodiscard]] result<std::span<std::byte>> allocate_from(const image& start, std::size_t offset, pages initial,
                                                           std::optional<pages> maximum = std::nullopt) noexcept {
    A& self = static_cast<A&>(*this);
    auto& region = member_access::region(self);
    std::size_t size = 0;
    if (!region.vacant()) return member_access::allocate(self, initial, maximum);  // which reports why not
    if (!to_bytes(initial, size)) return failure(errc::limit_exceeded, step::plan);
    if (start.size() == 0 || !is_aligned(offset, image_granularity()) || offset > size || start.size() > size - offset)
      return failure(errc::invalid_argument, step::plan);
    region.parts.store.start_from(&start, offset, std::max(pages::unit, self.commit_granule()));
    auto got = member_access::allocate(self, initial, maximum);
    region.parts.store.start_from(nullptr, 0, 1);  // for the next memory; one that has started keeps its image
    return got;
  }

  /// Granule in bytes of the offset at which an image may begin.
  [[nodiscard]] std::size_t image_granularity() const noexcept {
    return static_cast<const A&>(*this).backing().start_granule();
  }
  /// How the initial contents of this memory came; `none` without a region or an image.
  [[nodiscard]] quire::image_mode image_mode() const noexcept {
    const A& self = static_cast<const A&>(*this);
    return member_access::region(self).vacant() ? quire::image_mode::none : self.backing().image_mode();
  }
};

}  // namespace quire::detail
