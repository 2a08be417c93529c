#pragma once
// The parts of an allocator, their combined requests and geometry, and which alternative of a first_of acts. Empty
// parts take no space.
#include <algorithm>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <quire/composable.hpp>
#include <quire/contract.hpp>
#include <quire/detail/arguments.hpp>
#include <quire/detail/pipeline.hpp>
#include <quire/limits.hpp>
#include <quire/policy/geometry.hpp>
#include <quire/units.hpp>

namespace quire::detail {

struct only_alternative {};

template <class S, class P, class T, class Z, class L, class R>
struct composition {
  static constexpr std::size_t alternatives = detail::alternatives<P, T, Z, L, R>;
  using store_type = S;
  static constexpr std::size_t unit = Z::unit;
  static constexpr granules system{.page = S::largest_page, .reservation = S::traits.reserve_granule};
  using which_type = std::conditional_t<(alternatives > 1), std::size_t, only_alternative>;

  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS S store = vacant<S>();
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS P protection{};
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS T tagging{};
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS Z page_size{};
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS L placement{};
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS R residency{};
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS which_type which{};

  /// The axis that has a first_of.
  static constexpr request_axis preferring = alternatives_in<P> > 1   ? request_axis::protection
                                             : alternatives_in<T> > 1 ? request_axis::tagging
                                             : alternatives_in<Z> > 1 ? request_axis::page_size
                                             : alternatives_in<L> > 1 ? request_axis::placement
                                                                      : request_axis::residency;

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

  /// Returns f.operator()<I>() with the alternative that acts.
  template <std::size_t I = 0, class F>
  BOOST_FORCEINLINE constexpr auto with_acting(F f) const noexcept {
    if constexpr (I + 1 == alternatives)
      return f.template operator()<I>();
    else
      return which == I ? f.template operator()<I>() : with_acting<I + 1>(f);
  }

  constexpr std::size_t acting() const noexcept {
    return with_acting([]<std::size_t I>() { return I; });
  }

  template <std::size_t I>
  static constexpr demands demands_in = demanded_by<I, P, T, Z, L, R>;
  template <std::size_t I>
  BOOST_FORCEINLINE constexpr attributes requested_by() const noexcept {
    attributes a;
    chosen<I>(protection).request(a);
    chosen<I>(tagging).request(a);
    chosen<I>(page_size).request(a);
    chosen<I>(placement).request(a);
    chosen<I>(residency).request(a);
    return a;
  }
  BOOST_FORCEINLINE constexpr attributes requested() const noexcept {
    return with_acting([this]<std::size_t I>() { return this->template requested_by<I>(); });
  }

  /// Whether the base may carry a tag, in any alternative.
  static constexpr bool tags_pointers = []<std::size_t... I>(std::index_sequence<I...>) {
    return (demands_in<I>.hardware_tags || ...);
  }(std::make_index_sequence<alternatives>{});
  /// The registry of tags that hardware does not keep.
  static constexpr const tag_registry* registry = demands_in<0>.registry;
  /// Whether every alternative has tags, all of one kind, and whether any tag may be asked for.
  static constexpr bool tagged = []<std::size_t... I>(std::index_sequence<I...>) {
    return ((demands_in<I>.tags() && is_same_registry<demands_in<I>.registry, registry>) && ...);
  }(std::make_index_sequence<alternatives>{});
  static constexpr bool takes_tags = tagged && []<std::size_t... I>(std::index_sequence<I...>) {
    return (demands_in<I>.tag_selectable && ...);
  }(std::make_index_sequence<alternatives>{});

  /// The granule in which contents may be marked volatile, if it is the same in every alternative; else 0.
  static constexpr std::size_t purge_granule = []<std::size_t... I>(std::index_sequence<I...>) {
    return ((demands_in<I>.purge_granule == demands_in<0>.purge_granule) && ...) ? demands_in<0>.purge_granule : 0;
  }(std::make_index_sequence<alternatives>{});

  /// Whether the placement policies name nodes, and none beyond the capacity.
  BOOST_FORCEINLINE constexpr bool names_nodes() const noexcept {
    return [this]<std::size_t... I>(std::index_sequence<I...>) {
      return (this->template names_nodes_as<I>() && ...);
    }(std::make_index_sequence<alternatives>{});
  }
  template <std::size_t I>
  BOOST_FORCEINLINE constexpr bool names_nodes_as() const noexcept {
    if constexpr (demands_in<I>.numa) {
      const numa_request request = requested_by<I>().numa;
      if (request.nodes != nullptr) return !request.nodes->empty() && !request.nodes->overflown();
      return request.node < node_set::capacity;
    }
    return true;
  }

  /// A constant whatever data the policies hold, because types alone determine the geometry.
  template <std::size_t I>
  static constexpr geometry shape_of = [] {
    geometry shaped = geometry_of<I, P, T, Z, L, R>;
    if (!S::traits.honours_alignment) shaped.alignment = S::largest_page;
    return shaped;
  }();
  constexpr geometry shape() const noexcept {
    return with_acting([]<std::size_t I>() { return shape_of<I>; });
  }
  constexpr layout plan(std::size_t capacity) const noexcept {
    return with_acting([capacity]<std::size_t I>() { return plan_as<I>(capacity); });
  }
  /// A capacity never exceeds the span of indices. If that span is reserved in any case, the layout is a constant.
  template <std::size_t I>
  static constexpr layout plan_as(std::size_t capacity) noexcept {
    return quire::plan(shape_of<I>, static_cast<std::size_t>(std::min<std::uint64_t>(capacity, index_span)), system);
  }

  /// Whether the accessible end is the size: always, if the unit is a multiple of every alternative's commit granule.
  template <std::size_t I>
  static constexpr bool exact_in = unit % std::max(system.page, shape_of<I>.commit_block) == 0;
  static constexpr bool exact = []<std::size_t... I>(std::index_sequence<I...>) {
    return (exact_in<I> && ...);
  }(std::make_index_sequence<alternatives>{});

  constexpr std::size_t commit_granule() const noexcept { return std::max(store.page_bytes(), shape().commit_block); }
  constexpr std::size_t granularity() const noexcept { return std::max(store.page_bytes(), shape().access_block); }
  template <std::size_t I>
  constexpr std::size_t accessible_end_as(std::size_t size) const noexcept {
    if constexpr (exact_in<I>)
      return size;
    else
      return align_up(size, std::max(store.page_bytes(), shape_of<I>.commit_block));
  }
  constexpr std::size_t accessible_end(std::size_t size) const noexcept {
    return with_acting([this, size]<std::size_t I>() { return this->template accessible_end_as<I>(size); });
  }

  template <std::size_t I>
  static constexpr contract_t contract_of() noexcept {
    constexpr geometry g = shape_of<I>;
    constexpr layout empty = quire::plan(g, 0, system);
    constexpr std::size_t guard_after = align_up(g.guard_after, system.page);  // rounding does not always enlarge it
    constexpr demands d = demands_in<I>;
    return {.reach = empty.reserved + guard_after,
            .guard_before = empty.before,
            .guard_after = guard_after,
            .fault = S::traits.fault,
            .exact_bound = exact_in<I> && S::traits.fault != fault::none,
            .base_may_move = false,
            .zero_on_grow = true,
            .success_is_memory = S::traits.success_is_memory || d.population || d.locking,
            .failure_is_error = S::traits.failure_is_error,
            .releasable = S::traits.releasable,
            .base_bits_change_on_reset = d.hardware_tags && d.retagging};
  }
  static constexpr contract_t contract = []<std::size_t... I>(std::index_sequence<I...>) {
    contract_t weakest = contract_of<0>();
    ((weakest = weaker_of(weakest, contract_of<I>())), ...);
    return weakest;
  }(std::make_index_sequence<alternatives>{});

  /// The largest capacity for which a layout can be planned.
  static constexpr std::size_t plannable = []<std::size_t... I>(std::index_sequence<I...>) {
    return align_down(max_bytes - std::max({overhead(shape_of<I>, system)...}), std::size_t{1} << 16);
  }(std::make_index_sequence<alternatives>{});

  static constexpr std::uint64_t index_span = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::min({shape_of<I>.index_span...});
  }(std::make_index_sequence<alternatives>{});

  /// The default limit: the maximum of a 32-bit WebAssembly memory, or a quarter of a 32-bit address space.
  constexpr std::size_t default_limit() const noexcept {
    constexpr std::uint64_t usual = sizeof(void*) < 8 ? std::uint64_t{1} << 30 : std::uint64_t{1} << 32;
    auto bytes = integer_cast<std::size_t>(std::min({usual, index_span, std::uint64_t{plannable}}));
    if constexpr (fixed_store<S>) bytes = std::min(bytes, room(store.buffer_bytes()));
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
  /// The capacity that every alternative can have in a buffer.
  static constexpr std::size_t room(std::size_t buffer) noexcept {
    return [buffer]<std::size_t... I>(std::index_sequence<I...>) {
      return std::min({room_in(buffer, shape_of<I>, system)...});
    }(std::make_index_sequence<alternatives>{});
  }
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
