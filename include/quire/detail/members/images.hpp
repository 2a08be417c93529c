#pragma once
// What a memory can do besides that may start from an image.
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

template <class A, class Composition>
class further_members;

template <class A, class Composition, bool Starting = image_backed_store<typename Composition::store_type>>
class image_members {
  image_members() = default;
  friend class further_members<A, Composition>;
};

template <class A, class Composition>
class image_members<A, Composition, true> {
  image_members() = default;
  friend class further_members<A, Composition>;
  using pages = basic_pages<Composition::unit>;

 public:
  using image = typename Composition::store_type::image_type;

  /// allocate, with the contents of `start` from `offset` on, and zeros around them. reset returns to this; what of the
  /// image lies beyond the size that reset is given is not there then, and growth brings zeros, as always. The image
  /// stays where it is as long as this memory lives. Errors: those of allocate, and `invalid_argument`: `offset` is no
  /// multiple of `image_granularity()`, the image does not lie within `initial`, or it was moved from.
  [[nodiscard]] result<std::span<std::byte>> allocate_from(const image& start, std::size_t offset, pages initial,
                                                           std::optional<pages> maximum = std::nullopt) noexcept {
    A& self = static_cast<A&>(*this);
    auto& region = member_access::region(self);
    std::size_t size = 0;
    if (!region.vacant()) return member_access::allocate(self, initial, maximum);  // which says why not
    if (!to_bytes(initial, size)) return failure(errc::limit_exceeded, step::plan);
    if (start.size() == 0 || !is_aligned(offset, image_granularity()) || offset > size || start.size() > size - offset)
      return failure(errc::invalid_argument, step::plan);
    region.parts.store.start_from(&start, offset, std::max(pages::unit, self.commit_granule()));
    auto got = member_access::allocate(self, initial, maximum);
    region.parts.store.start_from(nullptr, 0, 1);  // for the next one; what has started keeps its start
    return got;
  }

  /// Granule in bytes of where in a memory an image may begin.
  [[nodiscard]] std::size_t image_granularity() const noexcept {
    return static_cast<const A&>(*this).backing().start_granule();
  }
  /// How the contents came that this memory started with: none, without a region or an image.
  [[nodiscard]] image_use image_mode() const noexcept {
    const A& self = static_cast<const A&>(*this);
    return member_access::region(self).vacant() ? image_use::none : self.backing().image_mode();
  }
};

}  // namespace quire::detail
