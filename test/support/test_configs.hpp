// SPDX-License-Identifier: BSL-1.0
#pragma once
// Test configs: how the objects of a typedef are made. A config passes the policies the data that they hold.
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include <quire/limits.hpp>
#include <quire/node_set.hpp>

namespace quire::test {

/// A typedef that needs no arguments.
template <class A>
struct plain {
  using allocator = A;
  static constexpr bool executes = false;
  template <class... Limits>
  static A make(Limits... limits) noexcept {
    return A{limits...};
  }
  static const char* missing() { return nullptr; }
};

/// A typedef whose placement names nodes: every machine has node 0.
template <class A>
struct on_node_0 : plain<A> {
  template <class... Limits>
  static A make(Limits... limits) noexcept {
    typename A::placement_type where{};
    if constexpr (requires { where.nodes; }) where.nodes.insert(0);
    return A{where, limits...};
  }
};

/// A typedef whose memories lie near this program.
template <class A>
struct near_the_program : plain<A> {
  template <class... Limits>
  static A make(Limits... limits) noexcept {
    static const char here = 0;
    return A{typename A::placement_type{&here, std::uint64_t{64} << 30}, limits...};
  }
};

/// A typedef over an executable store.
template <class A>
struct executing : plain<A> {
  static constexpr bool executes = true;
};

/// A typedef that needs a feature which not every machine has: `Missing` returns its name, or null.
template <class Subject, const char* (*Missing)()>
struct if_available : Subject {
  static const char* missing() { return Missing(); }
};

/// Whether another policy may step in if a call fails.
template <class Subject>
struct sole : Subject {
  static constexpr bool falls_back = false;
};
template <class Subject>
struct preferring : Subject {
  static constexpr bool falls_back = true;
};

/// Concatenates lists of test configs.
template <class... Lists>
using joined = decltype(std::tuple_cat(std::declval<Lists>()...));
/// Test configs that need more address space than 32 bits offer.
template <class... Subjects>
using on_64_bits = std::conditional_t<(sizeof(void*) > 4), std::tuple<Subjects...>, std::tuple<>>;

}  // namespace quire::test
