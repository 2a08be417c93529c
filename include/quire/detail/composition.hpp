// SPDX-License-Identifier: BSL-1.0
#pragma once
// The parts of an allocator, and their combined requests and geometry. Empty parts take no space.
#include <algorithm>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <quire/composable.hpp>
#include <quire/contract.hpp>
#include <quire/detail/arguments.hpp>
#include <quire/detail/pipeline.hpp>
#include <quire/limits.hpp>
#include <quire/policy/geometry.hpp>
#include <quire/units.hpp>

namespace quire::detail {

template <class S, class P, class T, class Z, class L, class R>
struct composition {
  using store_type = S;
  static constexpr std::size_t unit = Z::unit;
  static constexpr granules system = granules_of<S>;
  static constexpr demands demanded = demanded_by<P, T, Z, L, R>;

  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS S store = vacant<S>();
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS P protection{};
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS T tagging{};
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS Z page_size{};
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS L placement{};
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS R residency{};

  static constexpr bool holds_data_that_must_be_given = must_be_given<S> || must_be_given<P> || must_be_given<T> ||
                                                        must_be_given<Z> || must_be_given<L> || must_be_given<R>;
  constexpr composition() = default;
  template <class... Given>
  constexpr explicit composition(std::in_place_t, const Given&... given) noexcept
      : store(store_argument<S>(given...)),
        protection(argument<P>(given...)),
        tagging(argument<T>(given...)),
        page_size(argument<Z>(given...)),
        placement(argument<L>(given...)),
        residency(argument<R>(given...)) {}

  BOOST_FORCEINLINE constexpr attributes requested() const noexcept {
    attributes a;
    protection.request(a);
    tagging.request(a);
    page_size.request(a);
    placement.request(a);
    residency.request(a);
    return a;
  }

  /// Whether the base may carry a tag.
  static constexpr bool has_hardware_tags = demanded.has<capability::hardware_tags>();
  /// The registry of tags that hardware does not keep.
  static constexpr const tag_registry* registry = demanded.registry;
  static constexpr bool tagged = demanded.tagged();
  /// Whether any tag may be asked for.
  static constexpr bool tag_selectable = tagged && demanded.tag_selectable;
  /// The granule in which contents may be marked volatile, or 0.
  static constexpr std::size_t purge_granule = demanded.purge_granule;

  /// Whether the nodes that the placement policy names are some, and none beyond the capacity.
  BOOST_FORCEINLINE constexpr bool has_valid_nodes() const noexcept {
    if constexpr (demanded.has<capability::placement>()) {
      const numa_request request = requested().numa;
      if (request.nodes != nullptr) return !request.nodes->empty() && !request.nodes->overflown();
      return request.node < node_set::capacity;
    }
    return true;
  }

  /// A constant whatever data the policies hold, because types alone determine the geometry.
  static constexpr geometry shape = shape_over<S, P, T, Z, L, R>;
  static constexpr std::uint64_t index_span = shape.index_span;

  /// A capacity never exceeds the span of indices. If that span is reserved in any case, the layout is a constant.
  static constexpr layout plan(std::size_t capacity) noexcept {
    return quire::plan(shape, static_cast<std::size_t>(std::min<std::uint64_t>(capacity, index_span)), system);
  }

  /// Whether the accessible end is the size: always, if the unit is a multiple of the commit granule.
  static constexpr bool exact = unit % std::max(system.page, shape.commit_block) == 0;

  constexpr std::size_t commit_granule() const noexcept { return std::max(store.page_bytes(), shape.commit_block); }
  constexpr std::size_t granularity() const noexcept { return std::max(store.page_bytes(), shape.access_block); }
  constexpr std::size_t accessible_end(std::size_t size) const noexcept {
    return exact ? size : align_up(size, commit_granule());
  }

  static constexpr contract_t contract = [] {
    const layout empty = quire::plan(shape, 0, system);
    const std::size_t guard_after = align_up(shape.guard_after, system.page);  // rounding does not always enlarge it
    return contract_t{.reach = empty.reserved + guard_after,
                      .guard_before = empty.before,
                      .guard_after = guard_after,
                      .alignment = shape.alignment,
                      .fault = S::traits.fault,
                      .exact_bound = exact && S::traits.fault != fault::none,
                      .base_may_move = false,
                      .zero_on_grow = true,
                      .success_is_memory = S::traits.success_is_memory || demanded.has<capability::population>() ||
                                           demanded.has<capability::locking>(),
                      .failure_is_error = S::traits.failure_is_error,
                      .releasable = S::traits.releasable,
                      .base_is_tagged = has_hardware_tags,
                      .base_bits_change_on_reset = has_hardware_tags && demanded.retagging};
  }();

  /// The largest capacity for which a layout can be planned.
  static constexpr std::size_t plannable = align_down(max_bytes - overhead(shape, system), std::size_t{1} << 16);

  /// The default limit: the maximum of a 32-bit WebAssembly memory, or a quarter of a 32-bit address space.
  constexpr std::size_t default_limit() const noexcept {
    constexpr std::uint64_t usual = sizeof(void*) < 8 ? std::uint64_t{1} << 30 : std::uint64_t{1} << 32;
    auto bytes = integer_cast<std::size_t>(std::min({usual, index_span, std::uint64_t{plannable}}));
    if constexpr (buffer_store<S>) bytes = std::min(bytes, room(store.buffer_bytes()));
    return bytes - bytes % unit;
  }

  /// The limit among the arguments, or the default. A limit that no layout can hold becomes one that no system can
  /// reserve.
  template <class... Given>
  constexpr std::size_t limit_among(const Given&... given) const noexcept {
    static_assert((std::size_t{0} + ... + (is_limit<Given> ? 1 : 0)) <= 1, "quire: limits were given twice");
    static_assert((fits<Given> && ...), "quire: fixed_limits are larger than the buffer of this store");
    std::size_t limit = default_limit();
    (look_for_limit(given, limit), ...);
    return limit;
  }

  template <class X>
  static constexpr bool is_limit = std::is_same_v<X, basic_limits<unit>> || is_fixed_limits<X>;
  template <class X>
  static constexpr bool takes = is_limit<X> || times_given<X, S, P, T, Z, L, R> == 1 || is_wrapped_in<S, X>;

 private:
  static constexpr std::size_t room(std::size_t buffer) noexcept { return room_in(buffer, shape, system); }
  /// Whether fixed limits fit into a buffer whose size the compiler knows.
  template <class X>
  static constexpr bool fits = [] {
    if constexpr (is_fixed_limits<X> && buffer_of_known_size<S>) return X::maximum <= room(S::buffer_bytes()) / unit;
    return true;
  }();

  template <class X>
  static constexpr void look_for_limit(const X& given, std::size_t& limit) noexcept {
    if constexpr (is_limit<X>) {
      const basic_pages<unit> maximum{given.maximum};
      if (!to_bytes(maximum, limit) || limit > plannable) limit = plannable;
    }
  }
};

}  // namespace quire::detail
