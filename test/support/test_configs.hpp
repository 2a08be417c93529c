#pragma once
// How the objects of a typedef are built for the cases: a typedef whose policies hold data gets them here.
#include <cstddef>
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

/// A typedef whose placement names nodes: node 0 is there on every machine.
template <class A>
struct on_node_0 : plain<A> {
  template <class... Limits>
  static A make(Limits... limits) noexcept {
    typename A::placement_type where{};
    if constexpr (requires { where.nodes; }) where.nodes.insert(0);
    return A{where, limits...};
  }
};

/// Over a store that is typed for execution.
template <class A>
struct executing : plain<A> {
  static constexpr bool executes = true;
};

/// Where something of the machine is needed that not every machine has: `Missing` says what, or nothing.
template <class Subject, const char* (*Missing)()>
struct if_available : Subject {
  static const char* missing() { return Missing(); }
};

/// Whether another policy may step in when a call fails.
template <class Subject>
struct sole : Subject {
  static constexpr bool has_alternatives = false;
};
template <class Subject>
struct preferring : Subject {
  static constexpr bool has_alternatives = true;
};

/// Joins lists of subjects.
template <class... Lists>
using joined = decltype(std::tuple_cat(std::declval<Lists>()...));
/// What needs more address space than 32 bits have.
template <class... Subjects>
using on_64_bits = std::conditional_t<(sizeof(void*) > 4), std::tuple<Subjects...>, std::tuple<>>;

}  // namespace quire::test
