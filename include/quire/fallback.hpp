// SPDX-License-Identifier: BSL-1.0
#pragma once
// Several allocators in order of preference, as one: allocate takes the first that this machine can provide at the
// requested size.
#include <array>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include <quire/contract.hpp>
#include <quire/detail/candidates.hpp>
#include <quire/error.hpp>
#include <quire/page_allocator.hpp>
#include <quire/result.hpp>
#include <quire/store.hpp>

namespace quire {

/// An allocator whose typedef is chosen by allocate: the candidates may differ in any policy and in their store, but
/// not in the unit of a page. The interface of page_allocator, as far as it is declared here; visit reaches the other
/// members of a candidate.
/// `contract` is what holds whichever candidate acts. A call is never virtual: a member compares the index of the
/// candidate that acts, and the rest is that candidate's code.
template <class First, class... Rest>
class fallback : public detail::store_in_common<First, Rest...> {
  using candidates = detail::candidates<std::index_sequence_for<First, Rest...>, First, Rest...>;

 public:
  /// Whether the constructor takes an argument of this type.
  template <class X>
  static constexpr bool takes = (First::template takes<X> || ... || Rest::template takes<X>);

  static_assert((std::is_same_v<typename First::pages, typename Rest::pages> && ...),
                "quire: the candidates of a fallback count in pages of one unit");
  using pages = typename First::pages;
  using limits = typename First::limits;

  /// What holds whichever candidate acts: the weakest guarantee of all.
  static constexpr contract_t contract = [] {
    contract_t weakest = First::contract;
    ((weakest = weaker_of(weakest, Rest::contract)), ...);
    return weakest;
  }();
  /// How many candidates there are.
  static constexpr std::size_t count = 1 + sizeof...(Rest);

  constexpr fallback() noexcept
    requires(std::is_default_constructible_v<First> && ... && std::is_default_constructible_v<Rest>)
      : candidates_(std::in_place) {}
  /// Each candidate receives the arguments that its constructor takes. The limit is the smallest of the candidates'.
  template <class... Given>
    requires(sizeof...(Given) > 0 && ((takes<Given> || plain_value<Given>) && ...))
  constexpr explicit fallback(Given... given) noexcept : candidates_(std::in_place, given...) {
    static_assert((takes<Given> && ...), "quire: no candidate of this fallback takes the argument");
  }

  /// Tries the candidates in order until one succeeds; each is undone before the next is tried. Cost: the calls of
  /// page_allocator's allocate for each candidate tried. Errors: `already_allocated`, `broken`, `damaged`;
  /// `invalid_argument` (maximum below initial) and `limit_exceeded` (beyond the limit of this object), for which no
  /// candidate is tried; else the error of the last candidate, and `rejected` has those of the others.
  [[nodiscard]] result<std::span<std::byte>> allocate(pages initial,
                                                      std::optional<pages> maximum = std::nullopt) noexcept {
    if (const auto reason = reason_not_to_allocate(initial, maximum)) return failure(*reason, step::plan);
    return try_from<0>(limit_bytes(), [&](auto& a) { return detail::member_access::allocate(a, initial, maximum); });
  }
  /// As allocate, with the contents of an image. Errors: those of allocate, and of page_allocator's allocate_from.
  template <class Image>
    requires(std::is_same_v<Image, typename First::image> && ... && std::is_same_v<Image, typename Rest::image>)
  [[nodiscard]] result<std::span<std::byte>> allocate_from(const Image& start, std::size_t offset, pages initial,
                                                           std::optional<pages> maximum = std::nullopt) noexcept {
    if (const auto reason = reason_not_to_allocate(initial, maximum)) return failure(*reason, step::plan);
    return try_from<0>(limit_bytes(), [&](auto& a) { return a.allocate_from(start, offset, initial, maximum); });
  }

  [[nodiscard]] BOOST_FORCEINLINE result<pages> grow(pages current, pages additional) noexcept {
    return visit([&](auto& a) { return a.grow(current, additional); });
  }
  [[nodiscard]] result<pages> grow(pages additional) noexcept {
    return visit([&](auto& a) { return a.grow(additional); });
  }
  [[nodiscard]] result<pages> shrink(pages current, pages removed) noexcept {
    return visit([&](auto& a) { return a.shrink(current, removed); });
  }
  [[nodiscard]] result<pages> shrink(pages removed) noexcept { return shrink(size_pages(), removed); }
  [[nodiscard]] result<void> discard(std::size_t offset, std::size_t bytes) noexcept
    requires(discarding_store<typename First::backing_type> && ... && discarding_store<typename Rest::backing_type>)
  {
    return visit([&](auto& a) { return a.discard(offset, bytes); });
  }
  [[nodiscard]] result<void> populate(std::size_t offset, std::size_t bytes, std::size_t* done = nullptr) const noexcept
    requires(detail::populates_parts<First> && ... && detail::populates_parts<Rest>)
  {
    return visit([&](const auto& a) { return a.populate(offset, bytes, done); });
  }
  [[nodiscard]] result<void> reset(pages initial) noexcept {
    return visit([&](auto& a) { return a.reset(initial); });
  }
  [[nodiscard]] result<void> reset() noexcept { return reset(size_pages()); }
  [[nodiscard]] result<void> protect(std::size_t offset, std::size_t bytes, access wanted) noexcept
    requires(protectable_store<typename First::backing_type> && ... && protectable_store<typename Rest::backing_type>)
  {
    return visit([&](auto& a) { return a.protect(offset, bytes, wanted); });
  }
  [[nodiscard]] result<void> deallocate(std::byte* base, std::size_t size) noexcept {
    return visit([&](auto& a) { return a.deallocate(base, size); });
  }
  [[nodiscard]] result<void> deallocate() noexcept { return deallocate(data(), size()); }

  [[nodiscard]] std::byte* data() const noexcept {
    return visit([](const auto& a) { return a.data(); });
  }
  [[nodiscard]] std::size_t size() const noexcept {
    return visit([](const auto& a) { return a.size(); });
  }
  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {data(), size()}; }
  [[nodiscard]] pages size_pages() const noexcept { return pages{size() / pages::unit}; }
  [[nodiscard]] std::size_t capacity() const noexcept {
    return visit([](const auto& a) { return a.capacity(); });
  }
  [[nodiscard]] std::size_t reserved() const noexcept {
    return visit([](const auto& a) { return a.reserved(); });
  }
  /// The largest maximum, in bytes, that the acting candidate takes.
  [[nodiscard]] std::size_t limit() const noexcept {
    return visit([](const auto& a) { return a.limit(); });
  }
  [[nodiscard]] std::size_t granularity() const noexcept {
    return visit([](const auto& a) { return a.granularity(); });
  }
  [[nodiscard]] std::size_t commit_granule() const noexcept {
    return visit([](const auto& a) { return a.commit_granule(); });
  }
  [[nodiscard]] attributes requested() const noexcept {
    return visit([](const auto& a) { return a.requested(); });
  }
  [[nodiscard]] bool contains(const void* p) const noexcept {
    return visit([p](const auto& a) { return a.contains(p); });
  }
  [[nodiscard]] zone zone_of(const void* p) const noexcept {
    return visit([p](const auto& a) { return a.zone_of(p); });
  }

  /// The index, from 0, of the candidate that acts, or was tried last.
  [[nodiscard]] std::size_t acting() const noexcept { return candidates_.acting(); }
  /// Why the candidates before the acting one were rejected, in order.
  [[nodiscard]] std::span<const error> rejected() const noexcept { return {rejected_.data(), acting()}; }
  /// A new allocator like candidate `I`, without a region: what quire::explain asks about `rejected()[I]`.
  template <std::size_t I>
    requires(I < count)
  [[nodiscard]] auto candidate() const noexcept {
    return candidates_.template copy_of<I>(limit_bytes());
  }
  /// Returns f(allocator) for the acting candidate, by its own type; f returns one type for all candidates.
  template <class F>
  BOOST_FORCEINLINE constexpr decltype(auto) visit(F&& f) {
    return candidates::visit(candidates_, f);
  }
  template <class F>
  BOOST_FORCEINLINE constexpr decltype(auto) visit(F&& f) const {
    return candidates::visit(candidates_, f);
  }

 private:
  [[nodiscard]] std::optional<errc> reason_not_to_allocate(pages initial, std::optional<pages> maximum) const noexcept {
    const auto occupied = visit([](const auto& a) -> std::optional<errc> {
      const auto& region = detail::member_access::region(a);
      return region.vacant() ? std::nullopt : std::optional{region.occupied()};
    });
    if (occupied) return occupied;
    if (maximum && *maximum < initial) return errc::invalid_argument;
    const std::uint64_t most = limit_bytes() / pages::unit;
    if (initial.n > most || (maximum && maximum->n > most)) return errc::limit_exceeded;
    return std::nullopt;
  }
  [[nodiscard]] std::size_t limit_bytes() const noexcept {
    return visit([](const auto& a) { return std::size_t{detail::member_access::region(a).limit}; });
  }
  template <std::size_t I, class Allocate>
  [[nodiscard]] BOOST_FORCEINLINE result<std::span<std::byte>> try_from(std::size_t limit, Allocate allocate) noexcept {
    auto got = allocate(candidates_.template select<I>(limit));
    if constexpr (I + 1 < count)
      if (!got) {
        rejected_[I] = got.error();
        return try_from<I + 1>(limit, allocate);
      }
    return got;
  }

  candidates candidates_;
  std::array<error, count - 1> rejected_{};
};

}  // namespace quire
