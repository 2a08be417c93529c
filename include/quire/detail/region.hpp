#pragma once
// The four words of a memory, and what happens to its pages. Arguments are checked above, in page_allocator.
#include <algorithm>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include <quire/access.hpp>
#include <quire/detail/pipeline.hpp>
#include <quire/error.hpp>
#include <quire/geometry.hpp>
#include <quire/store.hpp>
#include <quire/units.hpp>

namespace quire::detail {

enum class region_state : unsigned char { vacant, owned, broken };

template <class Store, class Composition>
class region {
  template <class T>
  using word = word_of<Store, T>;
  /// Set in the capacity of a region that only deallocate or allocate accept. As a signed number such a capacity is
  /// negative, so that the one comparison with the room that is left refuses growth in every such state.
  static constexpr std::size_t unusable = max_bytes + 1;

 public:
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS Composition parts{};
  word<std::byte*> base{nullptr};
  word<std::size_t> size{0};
  word<std::size_t> limit{0};

  constexpr region() = default;
  constexpr explicit region(const Composition& given) noexcept : parts(given) {}
  region(const region&) = default;
  region& operator=(const region&) = default;

  [[nodiscard]] constexpr region_state state() const noexcept {
    const std::size_t c = capacity_;
    return c < unusable ? region_state::owned : c == unusable ? region_state::vacant : region_state::broken;
  }
  [[nodiscard]] constexpr bool vacant() const noexcept { return capacity_ == unusable; }
  [[nodiscard]] constexpr std::size_t capacity() const noexcept { return capacity_ & max_bytes; }
  [[nodiscard]] constexpr bool has_room(std::size_t more) const noexcept {
    return static_cast<std::ptrdiff_t>(more) <= static_cast<std::ptrdiff_t>(capacity_ - size);
  }
  [[nodiscard]] constexpr layout placed() const noexcept {
    return state() == region_state::vacant ? layout{} : parts.plan(capacity());
  }
  [[nodiscard]] constexpr std::size_t accessible() const noexcept { return parts.accessible_end(size); }
  /// What the pages of a broken region hold is not known, so neither is its size.
  [[nodiscard]] constexpr std::size_t known_size() const noexcept {
    return state() == region_state::broken ? 0 : std::size_t{size};
  }
  [[nodiscard]] std::size_t distance_to(const void* p) const noexcept {
    const std::byte* const begin = base;
    return reinterpret_cast<std::uintptr_t>(p) - reinterpret_cast<std::uintptr_t>(begin);
  }
  [[nodiscard]] zone zone_of(const void* p) const noexcept {
    const layout l = placed();
    const std::size_t from_base = distance_to(p), before_base = std::size_t{0} - from_base;
    if (l.before != 0 && before_base - 1 < l.before) return zone::guard_before;
    if (from_base < parts.accessible_end(known_size())) return zone::accessible;
    if (from_base < l.reserved) return zone::reserved;
    return from_base < l.reserved + l.after ? zone::guard_after : zone::outside;
  }

  /// Why a region that is not usable is not.
  [[nodiscard]] constexpr errc refusal() const noexcept {
    return state() == region_state::broken ? errc::broken : errc::not_allocated;
  }
  [[nodiscard]] constexpr std::optional<errc> refused_range(std::size_t offset, std::size_t bytes,
                                                            std::size_t end) const noexcept {
    if (state() != region_state::owned) return refusal();
    if (!is_aligned(offset | bytes, parts.granularity())) return errc::invalid_argument;
    if (offset > end || bytes > end - offset) return errc::out_of_range;
    return std::nullopt;
  }

  [[nodiscard]] constexpr page_run part(std::size_t offset, std::size_t bytes) const noexcept {
    return {base + offset, bytes};
  }

  constexpr void forget() noexcept {
    base = nullptr;
    size = 0;
    capacity_ = unusable;
  }
  /// Half-way: what the pages hold is no longer known. The size stays, as the most that may still be committed.
  constexpr void break_down() noexcept { capacity_ = capacity() | unusable; }

  /// Tries the alternatives in order, while it is their own wish that fails, or the reservation.
  template <std::size_t I = 0>
  [[nodiscard]] BOOST_FORCEINLINE bool establish(std::size_t initial, std::size_t maximum, trouble& why) noexcept {
    if constexpr (Composition::alternatives > 1) parts.which = I;  // also if it fails: explain asks what was wished
    if (establish_as<I>(initial, maximum, why)) return true;
    if constexpr (I + 1 < Composition::alternatives)
      if (why.at == step::reserve || why.whose == Composition::preferring)
        return establish<I + 1>(initial, maximum, why);
    return false;
  }
  /// Commits `more` bytes. Undoes what it did if a step fails; where that fails too, the region is broken.
  [[nodiscard]] BOOST_FORCEINLINE bool extend(std::size_t more, trouble& why) noexcept {
    return parts.with_acting([&]<std::size_t I>() { return this->template extend_as<I>(more, why); });
  }
  /// Decommits everything from `end` on.
  [[nodiscard]] BOOST_FORCEINLINE bool withdraw(std::size_t end, trouble& why) noexcept {
    return parts.with_acting([&]<std::size_t I>() { return this->template withdraw_as<I>(end, why); });
  }
  /// Leaves [0, end) committed, readable and writable, and zero, and nothing else.
  [[nodiscard]] BOOST_FORCEINLINE bool start_again(std::size_t end, trouble& why) noexcept {
    return parts.with_acting([&]<std::size_t I>() { return this->template start_again_as<I>(end, why); });
  }
  /// The whole reservation; 0 or the native code.
  [[nodiscard]] BOOST_FORCEINLINE int release() noexcept {
    return parts.store.release(whole(), part(0, accessible()), parts.wishes());
  }

  BOOST_FORCEINLINE void abandon() noexcept {
    if (state() == region_state::vacant) return;
    detail::abandon(parts.store, whole(), part(0, accessible()), parts.wishes());
    forget();
  }

  void take(region& other) noexcept {
    *this = other;
    other.forget();
  }

 private:
  [[nodiscard]] BOOST_FORCEINLINE constexpr page_run whole() const noexcept {
    const layout l = parts.plan(capacity());
    return {base - l.before, l.total()};
  }

  template <std::size_t I>
  [[nodiscard]] BOOST_FORCEINLINE bool establish_as(std::size_t initial, std::size_t maximum, trouble& why) noexcept {
    constexpr demands d = Composition::template demands_in<I>;
    const attributes wishes = parts.template wishes_of<I>();
    const layout l = Composition::template plan_as<I>(maximum);
    const reservation got = parts.store.reserve(l.total(), l.alignment, wishes);
    if (got.native != 0) return why.is(got.native, step::reserve, cause::store);
    std::byte* const begin = got.base + l.before;
    const page_run first{begin, parts.template accessible_end_as<I>(initial)};
    const bool dressed = dress<d>(parts.store, page_run{got.base, l.total()}, wishes, why);  // whole: stays one mapping
    if (!dressed || (initial != 0 && !commit<d>(parts.store, first, wishes, why))) {
      const bool committed = can_fail_when_committed<d, Store> && dressed && why.at != step::commit;
      detail::abandon(parts.store, page_run{got.base, l.total()}, page_run{begin, committed ? first.bytes : 0}, wishes);
      return false;
    }
    base = begin;
    size = initial;
    capacity_ = maximum;
    return true;
  }

  template <std::size_t I>
  [[nodiscard]] BOOST_FORCEINLINE bool extend_as(std::size_t more, trouble& why) noexcept {
    constexpr demands d = Composition::template demands_in<I>;
    const attributes wishes = parts.template wishes_of<I>();
    const std::size_t old_end = accessible(), new_end = parts.accessible_end(size + more);
    const page_run added = part(old_end, new_end - old_end);
    const bool commits = Composition::exact || new_end != old_end;
    bool done = !commits || commit<d>(parts.store, added, wishes, why);
    if constexpr (!Composition::exact) done = done && clear_slack(std::min(old_end, size + more), wishes, why);
    if (!done) {
      trouble undoing;
      if (commits && !decommit<d>(parts.store, added, wishes, undoing)) break_down();
      return false;
    }
    size = size + more;
    return true;
  }

  template <std::size_t I>
  [[nodiscard]] BOOST_FORCEINLINE bool withdraw_as(std::size_t end, trouble& why) noexcept {
    const std::size_t old_end = accessible();
    return end == old_end || decommit<Composition::template demands_in<I>>(parts.store, part(end, old_end - end),
                                                                           parts.template wishes_of<I>(), why);
  }

  template <std::size_t I>
  [[nodiscard]] BOOST_FORCEINLINE bool start_again_as(std::size_t end, trouble& why) noexcept {
    constexpr demands d = Composition::template demands_in<I>;
    const attributes wishes = parts.template wishes_of<I>();
    const std::size_t old_end = accessible(), kept = std::min(end, old_end);
    if constexpr (discarding_store<Store>) {
      if (end < old_end && !decommit<d>(parts.store, part(end, old_end - end), wishes, why)) return false;
      if (kept != 0)
        if (const int n = parts.store.discard(part(0, kept), wishes)) return why.is(n, step::discard, cause::store);
    } else if (old_end != 0) {
      if (!decommit<d>(parts.store, part(0, old_end), wishes, why)) return false;
    }
    return end == 0 || commit<d>(parts.store, part(0, end), wishes, why);
  }

  /// Where the bound is not exact, bytes between the size and the accessible end may have been written to without a
  /// fault. Those that growth hands out are made writable (they may lie in a block that was protected) and cleared.
  [[nodiscard]] BOOST_FORCEINLINE bool clear_slack(std::size_t end, const attributes& wishes, trouble& why) noexcept {
    if (end <= size) return true;
    if constexpr (protectable_store<Store>) {
      const std::size_t from = align_down(size, parts.granularity()), to = align_up(end, parts.granularity());
      if (const int n = parts.store.protect(part(from, to - from), access::read_write, wishes))
        return why.is(n, step::commit, cause::store);
    }
    std::memset(base + size, 0, end - size);
    return true;
  }

  word<std::size_t> capacity_{unusable};
};

}  // namespace quire::detail
