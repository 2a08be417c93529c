// SPDX-License-Identifier: BSL-1.0
#pragma once
// The allocators behind an engine's memories, found by the base, for engines whose interface has no place for them.
#include <array>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <utility>

#include <quire/units.hpp>

namespace quire::engine::detail {

/// The name of a type as text: the same in all modules of a process, which an address need not be.
template <class A>
[[nodiscard]] constexpr std::string_view type_name() noexcept {
  return __PRETTY_FUNCTION__;
}

/// An allocator, identified by the name of its type.
struct owner {
  std::string_view type;
  const void* base;
  owner* next = nullptr;
};
template <class A>
struct owner_of_type : owner {
  explicit owner_of_type(A a) noexcept : owner{type_name<A>(), a.data()}, allocator(std::move(a)) {}
  A allocator;
  std::mutex growing{};  // held while a shared memory grows
};

/// Bases are multiples of 64 KiB or differ above bit 33, so that lists are short.
///
/// Not a template, whose visibility would be that of its arguments: with explicit visibility shared libraries have the
/// same table even with -fvisibility=hidden.
class BOOST_SYMBOL_VISIBLE memory_directory {
 public:
  [[nodiscard]] static owner* find(const void* base) noexcept {
    const std::size_t at = place_of(base);
    const std::scoped_lock lock(lock_of(at));
    owner* found = lists_[at];
    while (found != nullptr && found->base != base) found = found->next;
    return found;
  }
  static void enter(owner& entered) noexcept {
    const std::size_t at = place_of(entered.base);
    const std::scoped_lock lock(lock_of(at));
    entered.next = std::exchange(lists_[at], &entered);
  }
  static void leave(owner& leaving) noexcept {
    const std::size_t at = place_of(leaving.base);
    const std::scoped_lock lock(lock_of(at));
    owner** link = &lists_[at];
    while (*link != &leaving) link = &(*link)->next;
    *link = leaving.next;
  }

 private:
  static constexpr std::size_t places = 4096, locks = 64;

  static std::size_t place_of(const void* base) noexcept {
    const auto address = std::uint64_t{reinterpret_cast<std::uintptr_t>(base)};
    return quire::detail::integer_cast<std::size_t>(((address >> 16) ^ (address >> 33)) % places);
  }
  static std::mutex& lock_of(std::size_t place) noexcept { return locks_[place % locks]; }

  static constinit inline std::array<owner*, places> lists_{};
  static constinit inline std::array<std::mutex, locks> locks_{};
};

/// The allocator of this type at a base; null if there is none.
template <class A>
[[nodiscard]] owner_of_type<A>* find_owner(const void* base) noexcept {
  owner* const found = memory_directory::find(base);
  constexpr std::string_view type = type_name<A>();
  const bool same = found != nullptr && (found->type.data() == type.data() || found->type == type);
  return same ? static_cast<owner_of_type<A>*>(found) : nullptr;
}

}  // namespace quire::engine::detail
