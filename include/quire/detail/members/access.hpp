// SPDX-License-Identifier: BSL-1.0
#pragma once
// Access to the private members of an allocator, for the members that only some typedefs have.
#include <boost/config.hpp>
#include <type_traits>

#include <quire/detail/pipeline.hpp>

namespace quire::detail {

/// Chooses the constructor that builds an allocator from the store and the policies of another.
struct from_parts {};

struct member_access {
  /// The type of an allocator's store and policies together, by the result. (GCC 12 checks the access of an alias where
  /// it is used.)
  template <class A>
  static auto parts_type() noexcept {
    constexpr bool has_parts = requires { typename A::composition; };
    static_assert(has_parts, "quire: this takes a typedef of page_allocator, as linux_allocator is, and no fallback");
    if constexpr (has_parts) return std::type_identity<typename A::composition>();
  }

  template <class A>
  [[nodiscard]] BOOST_FORCEINLINE static auto& region(A& a) noexcept {
    return a.region_;
  }
  template <class A, class... X>
  [[nodiscard]] BOOST_FORCEINLINE static auto allocate(A& a, X... given) noexcept {
    return a.allocate_with(given...);
  }
  template <class A>
  [[nodiscard]] static auto refused(A& a, step_failure why) noexcept {
    return a.refused(why);
  }
};

}  // namespace quire::detail
