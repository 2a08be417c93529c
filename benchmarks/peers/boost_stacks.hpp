// SPDX-License-Identifier: BSL-1.0
#pragma once
// The stacks of Boost.Context, whose headers suffice. `has_boost_stacks` says whether they were found when this was
// built.
#include <cstddef>

#if __has_include(<boost/context/protected_fixedsize_stack.hpp>)
#define BENCH_HAS_BOOST_STACKS 1
#include <boost/context/fixedsize_stack.hpp>
#include <boost/context/pooled_fixedsize_stack.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>
#else
#define BENCH_HAS_BOOST_STACKS 0
#endif

namespace bench {

inline constexpr bool has_boost_stacks = BENCH_HAS_BOOST_STACKS;

#if BENCH_HAS_BOOST_STACKS

/// Limits of the sizes of stacks that Boost.Context asks for; its own are in a library.
template <std::size_t Bytes>
struct stack_limits {
  static bool is_unbounded() noexcept { return true; }
  static std::size_t page_size() noexcept { return 4096; }
  static std::size_t default_size() noexcept { return Bytes; }
  static std::size_t minimum_size() noexcept { return Bytes; }
  static std::size_t maximum_size() noexcept { return Bytes; }
};

/// For one thread, without guards: a stack that comes back is kept.
template <std::size_t Bytes>
using boosts_pooled_stacks = boost::context::basic_pooled_fixedsize_stack<stack_limits<Bytes>>;
/// From malloc, without guards.
template <std::size_t Bytes>
using boosts_stacks = boost::context::basic_fixedsize_stack<stack_limits<Bytes>>;
/// From mmap, with a guard.
template <std::size_t Bytes>
using boosts_protected_stacks = boost::context::basic_protected_fixedsize_stack<stack_limits<Bytes>>;

#endif

}  // namespace bench
