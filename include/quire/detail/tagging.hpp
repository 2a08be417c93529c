// SPDX-License-Identifier: BSL-1.0
#pragma once
// Which tag a memory gets, and where it is kept. Hardware tags are in the pages and in the bits of the base. Other tags
// are in a registry, and the base is an ordinary address.
#include <bit>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>

#include <quire/detail/pipeline.hpp>
#include <quire/tags.hpp>

namespace quire::detail {

/// Half of the tags for a reservation that begins at an even granule, the other half at an odd one. Adjacent
/// reservations of an odd number of granules begin at one of each, so that no two neighbours share a tag, and no
/// neighbour has to be queried.
template <class S>
[[nodiscard]] constexpr std::uint16_t tags_at(const std::byte* begin) noexcept {
  constexpr std::uint16_t even = 0x5555, odd = 0xaaaa;
  return std::bit_cast<std::uintptr_t>(begin) / S::traits.reserve_granule % 2 == 0 ? even : odd;
}

/// Asks the machine and the calling thread which tags may be drawn, before anything is reserved.
template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool permit_tags([[maybe_unused]] S& store, const tag_request& request,
                                                 std::uint16_t& usable, [[maybe_unused]] step_failure& why) noexcept {
  usable = request.choices;
  if constexpr (D.has<capability::hardware_tags>())
    if (const int n = store.permit_tags(request, usable)) return why.fail(n, step::tag);
  return true;
}

/// Stores the tag of a reservation that begins at `begin` in the requests.
template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool choose_tag([[maybe_unused]] S& store, const std::byte* begin, std::uint16_t usable,
                                                tag_request& request, [[maybe_unused]] step_failure& why) noexcept {
  if constexpr (D.distinct_neighbour_tags) usable = static_cast<std::uint16_t>(usable & tags_at<S>(begin));
  if (request.source == tag_source::given)
    request.tag = static_cast<unsigned char>(std::countr_zero(request.choices));
  else if constexpr (D.registered_tags)
    request.tag = static_cast<unsigned char>(D.registry->pick(usable));
  else if (const int n = store.draw_tag(usable, request.tag))
    return why.fail(n, step::tag);
  return true;
}

/// The size under which the registry knows a region: even an empty one has its first byte to itself.
[[nodiscard]] constexpr std::size_t registered_bytes(std::size_t capacity) noexcept {
  return capacity == 0 ? 1 : capacity;
}

template <const tag_registry* Registry>
[[nodiscard]] BOOST_FORCEINLINE bool assign_tag([[maybe_unused]] const std::byte* base,
                                                [[maybe_unused]] std::size_t capacity, [[maybe_unused]] unsigned tag,
                                                [[maybe_unused]] step_failure& why) noexcept {
  if constexpr (is_registry<Registry>)
    if (!Registry->assign(base, registered_bytes(capacity), tag)) return why.fail(step_failure::no_room, step::tag);
  return true;
}

/// Does nothing if no registry keeps the tag.
template <const tag_registry* Registry>
BOOST_FORCEINLINE void erase_tag([[maybe_unused]] const std::byte* base,
                                 [[maybe_unused]] std::size_t capacity) noexcept {
  if constexpr (is_registry<Registry>) Registry->erase(base, registered_bytes(capacity));
}

}  // namespace quire::detail
