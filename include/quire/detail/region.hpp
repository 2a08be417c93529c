#pragma once
// The four words of a memory, and what happens to its pages. Arguments are checked above, in page_allocator.
#include <algorithm>
#include <boost/config.hpp>
#include <cstddef>
#include <cstring>

#include <quire/detail/pipeline.hpp>
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
  [[nodiscard]] constexpr std::size_t capacity() const noexcept { return capacity_ & max_bytes; }
  [[nodiscard]] constexpr bool has_room(std::size_t more) const noexcept {
    return static_cast<std::ptrdiff_t>(more) <= static_cast<std::ptrdiff_t>(capacity_ - size);
  }
  [[nodiscard]] constexpr layout placed() const noexcept {
    return state() == region_state::vacant ? layout{} : parts.plan(capacity());
  }
  [[nodiscard]] constexpr std::size_t accessible() const noexcept { return parts.accessible_end(size); }
  [[nodiscard]] constexpr page_run part(std::size_t offset, std::size_t bytes) const noexcept {
    return {base + offset, bytes};
  }

  constexpr void forget() noexcept {
    base = nullptr;
    size = 0;
    capacity_ = unusable;
  }
  /// Half-way: the contents are no longer known, so no size is either.
  constexpr void break_down() noexcept {
    size = 0;
    capacity_ = capacity() | unusable;
  }

  /// Tries the alternatives in order, while it is their own wish that fails, or the reservation.
  template <std::size_t I = 0>
  [[nodiscard]] BOOST_FORCEINLINE trouble establish(std::size_t initial, std::size_t maximum) noexcept {
    if constexpr (Composition::alternatives > 1) parts.which = I;
    const trouble t = establish_as<I>(initial, maximum);
    if constexpr (I + 1 < Composition::alternatives)
      if (t && (t.at == step::reserve || t.whose == Composition::preferring)) return establish<I + 1>(initial, maximum);
    return t;
  }
  /// Commits `more` bytes; undoes what it did if a step fails.
  [[nodiscard]] BOOST_FORCEINLINE trouble extend(std::size_t more) noexcept {
    return parts.with_acting([this, more]<std::size_t I>() { return this->template extend_as<I>(more); });
  }
  /// Decommits everything from `end` on.
  [[nodiscard]] BOOST_FORCEINLINE trouble withdraw(std::size_t end) noexcept {
    return parts.with_acting([this, end]<std::size_t I>() { return this->template withdraw_as<I>(end); });
  }
  /// Leaves [0, end) committed, readable and writable, and zero, and nothing else.
  [[nodiscard]] BOOST_FORCEINLINE trouble start_again(std::size_t end) noexcept {
    return parts.with_acting([this, end]<std::size_t I>() { return this->template start_again_as<I>(end); });
  }
  /// The whole reservation; 0 or the native code.
  [[nodiscard]] BOOST_FORCEINLINE int release() noexcept { return parts.store.release(whole(), parts.wishes()); }

  BOOST_FORCEINLINE void abandon() noexcept {
    if (state() == region_state::vacant) return;
    // What a broken region can access is not known: anything up to its capacity.
    const std::size_t end = state() == region_state::broken ? parts.accessible_end(capacity()) : accessible();
    detail::abandon(parts.store, whole(), part(0, end), parts.wishes());
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
  [[nodiscard]] BOOST_FORCEINLINE trouble establish_as(std::size_t initial, std::size_t maximum) noexcept {
    constexpr demands d = Composition::template demands_in<I>;
    const attributes wishes = parts.template wishes_of<I>();
    const layout l = parts.plan(maximum);
    const reservation got = parts.store.reserve(l.total(), l.alignment, wishes);
    if (got.native != 0) return {got.native, step::reserve, cause::store};
    std::byte* const begin = got.base + l.before;
    const page_run first{begin, parts.accessible_end(initial)};
    trouble t = dress<d>(parts.store, page_run{begin, l.reserved}, wishes);
    if (!t && initial != 0) t = commit<d>(parts.store, first, wishes);
    if (t) {
      detail::abandon(parts.store, page_run{got.base, l.total()}, first, wishes);
      return t;
    }
    base = begin;
    size = initial;
    capacity_ = maximum;
    return {};
  }

  template <std::size_t I>
  [[nodiscard]] BOOST_FORCEINLINE trouble extend_as(std::size_t more) noexcept {
    constexpr demands d = Composition::template demands_in<I>;
    const attributes wishes = parts.template wishes_of<I>();
    const std::size_t old_end = accessible(), new_end = parts.accessible_end(size + more);
    const page_run added = part(old_end, new_end - old_end);
    const bool commits = Composition::exact || new_end != old_end;
    trouble t{};
    if (commits) t = commit<d>(parts.store, added, wishes);
    const bool committed = commits && t.at != step::commit;
    if constexpr (!Composition::exact)
      if (!t) t = clear_slack(old_end, std::min(old_end, size + more), wishes);
    if (t) {
      if (committed && decommit<d>(parts.store, added, wishes)) break_down();
      return t;
    }
    size = size + more;
    return {};
  }

  template <std::size_t I>
  [[nodiscard]] BOOST_FORCEINLINE trouble withdraw_as(std::size_t end) noexcept {
    const std::size_t old_end = accessible();
    if (end == old_end) return {};
    return decommit<Composition::template demands_in<I>>(parts.store, part(end, old_end - end),
                                                         parts.template wishes_of<I>());
  }

  template <std::size_t I>
  [[nodiscard]] BOOST_FORCEINLINE trouble start_again_as(std::size_t end) noexcept {
    constexpr demands d = Composition::template demands_in<I>;
    const attributes wishes = parts.template wishes_of<I>();
    const std::size_t old_end = accessible(), kept = std::min(end, old_end);
    if constexpr (discarding_store<Store>) {
      if (end < old_end)
        if (const trouble t = decommit<d>(parts.store, part(end, old_end - end), wishes)) return t;
      if (kept != 0)
        if (const int n = parts.store.discard(part(0, kept), wishes)) return {n, step::discard, cause::store};
    } else if (old_end != 0) {
      if (const trouble t = decommit<d>(parts.store, part(0, old_end), wishes)) return t;
    }
    return end == 0 ? trouble{} : commit<d>(parts.store, part(0, end), wishes);
  }

  /// Where the bound is not exact, bytes between the size and the accessible end may have been written to without a
  /// fault. Those that growth hands out are made writable (they may lie in a block that was protected) and cleared.
  [[nodiscard]] BOOST_FORCEINLINE trouble clear_slack(std::size_t old_end, std::size_t end, const attributes& wishes) noexcept {
    if (end <= size) return {};
    if constexpr (protectable_store<Store>) {
      const std::size_t from = align_down(size, parts.granularity());
      if (const int n = parts.store.protect(part(from, old_end - from), access::read_write, wishes))
        return {n, step::commit, cause::store};
    }
    std::memset(base + size, 0, end - size);
    return {};
  }

  word<std::size_t> capacity_{unusable};
};

}  // namespace quire::detail
