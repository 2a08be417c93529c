// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a vector of pages asks of its elements and of its allocator.
#include <bit>
#include <type_traits>

#include <quire/contract.hpp>
#include <quire/page_allocator_like.hpp>

namespace quire::detail {

/// What a vector relies on, one message each.
template <class T, class A>
struct vector_in_sentences {
  static_assert(std::is_object_v<T> && !std::is_const_v<T>, "quire: elements are objects that are not const");
  static_assert(page_allocator_like<A>, "quire: the second argument of pinned_vector is an allocator of pages");
  static_assert(!A::contract.base_may_move && !A::contract.base_bits_change_on_reset,
                "quire: elements never move, so the memory must not either");
};

/// Whether zero bytes are what value initialisation makes. (A null pointer to a member is not zero.)
template <class T>
inline constexpr bool is_zero_at_first =
    (std::is_arithmetic_v<T> || std::is_enum_v<T> || std::is_pointer_v<T>) && std::has_single_bit(sizeof(T));

}  // namespace quire::detail
