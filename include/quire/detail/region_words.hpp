// SPDX-License-Identifier: BSL-1.0
#pragma once
// The four bookkeeping words of a memory, and the values that follow from them.
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <quire/access.hpp>
#include <quire/error.hpp>
#include <quire/policy/geometry.hpp>
#include <quire/store.hpp>
#include <quire/tags.hpp>
#include <quire/units.hpp>

namespace quire::detail {

enum class region_state : unsigned char { vacant, owned, broken, damaged };

template <class Store, class Composition>
class region_words {
  template <class T>
  using word = word_of<Store, T>;
  /// Set in the capacity of a region that only deallocate or allocate accept. As a signed number such a capacity is
  /// negative, so that the one comparison with the remaining room refuses growth in every such state. No broken region
  /// has the largest capacity.
  static constexpr std::size_t unusable = max_bytes + 1, nothing = unusable | max_bytes;

 public:
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS Composition parts{};
  word<std::byte*> base{nullptr};  // includes the tag that hardware compares
  word<std::size_t> size{0};
  word<std::size_t> limit{0};

  constexpr region_words() = default;
  constexpr explicit region_words(const Composition& given) noexcept : parts(given) {}

  /// Whether a word was overwritten; constant if words cannot detect it.
  [[nodiscard]] constexpr bool damaged() const noexcept {
    if constexpr (self_checking_word<word<std::size_t>>)
      return !(base.intact() && size.intact() && limit.intact() && capacity_.intact());
    return false;
  }
  [[nodiscard]] constexpr region_state state() const noexcept {
    if (damaged()) return region_state::damaged;
    const std::size_t c = capacity_;
    return c < unusable ? region_state::owned : c == nothing ? region_state::vacant : region_state::broken;
  }
  [[nodiscard]] constexpr bool vacant() const noexcept { return !damaged() && capacity_ == nothing; }
  [[nodiscard]] constexpr std::size_t capacity() const noexcept { return capacity_ & max_bytes; }
  [[nodiscard]] constexpr bool has_room(std::size_t more) const noexcept {
    return !damaged() && static_cast<std::ptrdiff_t>(more) <= static_cast<std::ptrdiff_t>(capacity_ - size);
  }
  [[nodiscard]] constexpr layout placed() const noexcept {
    return vacant() || damaged() ? layout{} : parts.plan(capacity());
  }
  [[nodiscard]] constexpr std::size_t accessible() const noexcept { return parts.accessible_end(size); }
  /// A damaged region reports no address and no bytes.
  [[nodiscard]] constexpr std::byte* known_base() const noexcept {
    return damaged() ? nullptr : static_cast<std::byte*>(base);
  }
  [[nodiscard]] constexpr std::size_t known_capacity() const noexcept { return damaged() || vacant() ? 0 : capacity(); }
  /// The contents of a broken region are unknown, and so is its size.
  [[nodiscard]] constexpr std::size_t known_size() const noexcept {
    return state() == region_state::broken || damaged() ? 0 : std::size_t{size};
  }
  /// The tag from hardware or the registry, or 0.
  [[nodiscard]] unsigned char tag() const noexcept {
    if constexpr (is_registry<Composition::registry>)
      return static_cast<unsigned char>(Composition::registry->tag_at(static_cast<std::byte*>(base)));
    if constexpr (Composition::has_hardware_tags)
      return static_cast<unsigned char>(tag_in(static_cast<std::byte*>(base)));
    return 0;
  }
  [[nodiscard]] BOOST_FORCEINLINE constexpr attributes requested() const noexcept {
    attributes requested = parts.requested();
    if constexpr (Composition::has_hardware_tags)
      requested.tags.tag = static_cast<unsigned char>(tag_in(static_cast<std::byte*>(base)));
    return requested;
  }
  /// The address of the region for the store: without the tag that the base may carry.
  [[nodiscard]] constexpr std::byte* address() const noexcept { return untagged(static_cast<std::byte*>(base)); }
  [[nodiscard]] std::size_t distance_to(const void* p) const noexcept {
    return reinterpret_cast<std::uintptr_t>(untagged(p)) - reinterpret_cast<std::uintptr_t>(address());
  }
  [[nodiscard]] zone zone_of(const void* p) const noexcept {
    const layout l = placed();
    const std::size_t from_base = distance_to(p), before_base = std::size_t{0} - from_base;
    if (l.before != 0 && before_base - 1 < l.before) return zone::guard_before;
    if (from_base < parts.accessible_end(known_size())) return zone::accessible;
    if (from_base < l.reserved) return zone::reserved;
    return from_base < l.reserved + l.after ? zone::guard_after : zone::outside;
  }

  /// The reason why a region is not usable.
  [[nodiscard]] constexpr errc refusal() const noexcept {
    const region_state now = state();
    return now == region_state::broken    ? errc::broken
           : now == region_state::damaged ? errc::damaged
                                          : errc::not_allocated;
  }
  /// Why nothing can be allocated into an object that is not vacant.
  [[nodiscard]] constexpr errc occupied() const noexcept {
    return state() == region_state::owned ? errc::already_allocated : refusal();
  }
  [[nodiscard]] constexpr std::optional<errc> refused_range(std::size_t offset, std::size_t bytes,
                                                            std::size_t end) const noexcept {
    if (state() != region_state::owned) return refusal();
    if (!is_aligned(offset | bytes, parts.granularity())) return errc::invalid_argument;
    if (offset > end || bytes > end - offset) return errc::out_of_range;
    return std::nullopt;
  }

  [[nodiscard]] constexpr page_run part(std::size_t offset, std::size_t bytes) const noexcept {
    return {address() + offset, bytes};
  }

  constexpr void clear() noexcept {
    base = nullptr;
    size = 0;
    capacity_ = nothing;
  }
  /// After an operation that stopped halfway: contents are no longer known. The size stays, as the most that may still
  /// be committed.
  constexpr void mark_broken() noexcept { capacity_ = capacity() | unusable; }

  void move_from(region_words& other) noexcept {
    *this = other;
    other.clear();
  }

 protected:
  [[nodiscard]] BOOST_FORCEINLINE constexpr page_run whole() const noexcept {
    const layout l = parts.plan(capacity());
    return {address() - l.before, l.total()};
  }
  constexpr void adopt(std::byte* begin, std::size_t bytes, std::size_t most) noexcept {
    base = begin;
    size = bytes;
    capacity_ = most;
  }

 private:
  template <class T>
  [[nodiscard]] static constexpr T* untagged(T* p) noexcept {
    if constexpr (Composition::has_hardware_tags) return without_tag_in(p);
    return p;
  }

  word<std::size_t> capacity_{nothing};
};

}  // namespace quire::detail
