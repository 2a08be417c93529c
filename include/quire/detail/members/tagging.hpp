// SPDX-License-Identifier: BSL-1.0
#pragma once
// Additional members of a memory with tags.
#include <cstddef>
#include <optional>

#include <quire/detail/members/access.hpp>
#include <quire/result.hpp>
#include <quire/tags.hpp>
#include <quire/units.hpp>

namespace quire::detail {

template <class A, class Composition>
class tagging_members {
  tagging_members() = default;
  friend A;

 public:
  /// Allocates as allocate does, with the given tag instead of a drawn one: 1 to 15, or 0 if the policy's choices have
  /// it. Cost: that of allocate. Errors: those of allocate, and `invalid_argument` (no such tag).
  [[nodiscard]] result<basic_tagged_span<Composition::registry>> allocate_tagged(
      basic_pages<Composition::unit> initial, unsigned tag,
      std::optional<basic_pages<Composition::unit>> maximum = std::nullopt) noexcept
    requires Composition::tag_selectable
  {
    A& self = static_cast<A&>(*this);
    if (tag >= tag_count || (tag == 0 && self.requested().tags.choices % 2 == 0))
      return failure(errc::invalid_argument, step::plan);
    const auto got = member_access::allocate(self, initial, maximum, static_cast<unsigned char>(tag));
    if (!got) return std::unexpected(got.error());
    return basic_tagged_span<Composition::registry>{*got, tagged_data()};
  }

  /// The tag, from hardware or a registry; 0 without a region.
  [[nodiscard]] unsigned tag() const noexcept
    requires Composition::tagged
  {
    const auto& region = member_access::region(static_cast<const A&>(*this));
    return region.vacant() ? 0 : region.tag();
  }
  /// The base, as a pointer that carries its tag.
  [[nodiscard]] tagged_ptr<std::byte, Composition::registry> tagged_data() const noexcept
    requires Composition::tagged
  {
    return {static_cast<const A&>(*this).data(), tag()};
  }
};

}  // namespace quire::detail
