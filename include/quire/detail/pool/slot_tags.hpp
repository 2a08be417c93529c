// SPDX-License-Identifier: BSL-1.0
#pragma once
// The hardware tags of a pool's slots: neighbours have different ones, and each user another than the one before.
#include <bit>
#include <boost/config.hpp>
#include <cstdint>

#include <quire/store/reuse.hpp>

namespace quire::detail {

/// Even tags for every other slot, odd ones for those between.
[[nodiscard]] constexpr std::uint16_t tags_at_place(std::uint32_t place) noexcept {
  return place % 2 == 0 ? 0x5555 : 0xaaaa;
}
/// The one of `choices` that follows `last` in ascending order, or the lowest. In turn and not at random, so that a tag
/// comes back as late as possible. Precondition: there is one.
[[nodiscard]] constexpr unsigned char next_tag(unsigned last, std::uint16_t choices) noexcept {
  const auto after = static_cast<unsigned>(std::countr_zero(std::rotr(choices, static_cast<int>(last + 1) % 16)));
  return static_cast<unsigned char>((last + 1 + after) % 16);
}

/// While it exists, this thread may touch pages whatever their tag.
template <class Store>
class unchecked_scope {
 public:
  BOOST_FORCEINLINE unchecked_scope() noexcept : before_(Store::suspend_tag_checks()) {}
  BOOST_FORCEINLINE ~unchecked_scope() { Store::resume_tag_checks(before_); }
  unchecked_scope(const unchecked_scope&) = delete;
  unchecked_scope& operator=(const unchecked_scope&) = delete;

 private:
  std::uint64_t before_;
};

}  // namespace quire::detail
