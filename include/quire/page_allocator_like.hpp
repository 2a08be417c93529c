// SPDX-License-Identifier: BSL-1.0
#pragma once
// The members that an adapter may use of any page allocator, Quire's or a user's own.
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <quire/access.hpp>
#include <quire/contract.hpp>
#include <quire/result.hpp>
#include <quire/units.hpp>

namespace quire {

/// Sizes are counted in `A::pages`. Semantics are those of page_allocator's members of the same names.
template <class A>
concept page_allocator_like =
    std::movable<A> && !std::copyable<A> && requires(A& a, const A& c, typename A::pages n, std::byte* p) {
      requires std::same_as<typename A::pages, basic_pages<A::pages::unit>>;
      requires std::same_as<std::remove_cvref_t<decltype(A::contract)>, contract_t>;
      { a.allocate(n) } -> std::same_as<result<std::span<std::byte>>>;
      { a.allocate(n, std::optional{n}) } -> std::same_as<result<std::span<std::byte>>>;
      { a.grow(n, n) } -> std::same_as<result<typename A::pages>>;
      { a.deallocate(p, std::size_t{}) } -> std::same_as<result<void>>;
      { c.data() } -> std::same_as<std::byte*>;
      { c.size() } -> std::same_as<std::size_t>;
      { c.size_pages() } -> std::same_as<typename A::pages>;
      { c.capacity() } -> std::same_as<std::size_t>;
      { c.reserved() } -> std::same_as<std::size_t>;
      { c.contains(p) } -> std::same_as<bool>;
      { c.zone_of(p) } -> std::same_as<zone>;
    };

/// The pages that hold so many bytes.
template <class A>
[[nodiscard]] constexpr typename A::pages pages_for(std::uint64_t bytes) noexcept {
  return typename A::pages{bytes / A::pages::unit + (bytes % A::pages::unit != 0)};
}

/// A concept of its own, because not every system can change the access of pages; there the typedef has no such member.
template <class A>
concept protectable_page_allocator = page_allocator_like<A> && requires(A& a) {
  { a.protect(std::size_t{}, std::size_t{}, access::read) } -> std::same_as<result<void>>;
};

/// Allocators of memories whose tag can be chosen, and of pointers that carry it.
template <class A>
concept tagged_page_allocator = page_allocator_like<A> && requires(A& a, const A& c, typename A::pages n) {
  { a.allocate_tagged(n, 1U)->bytes } -> std::same_as<std::span<std::byte>&>;
  { a.allocate_tagged(n, 1U, std::optional{n})->begin.with_tag(1U) } -> std::same_as<decltype(c.tagged_data())>;
  { c.tag() } -> std::same_as<unsigned>;
};

}  // namespace quire
