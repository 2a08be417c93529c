// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the conformance cases require of the place where they run: a desktop with fork, an emulator, or a board without
// an operating system. To suit all of them, the cases use no heap, no exceptions and no streams.
#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>

#include <quire/contract.hpp>
#include <quire/limits.hpp>

namespace quire::test {

enum class touch : unsigned char { read, write, execute };

/// - `check(holds, what)` counts the check, and reports it if it does not hold.
/// - `expect_fault(where, how, kind, f)`: f must fault at an address in `where`, by this kind of access and of fault.
/// - `run_isolated(name, f)` runs f so that neither a crash nor anything that f leaves behind affects other cases.
/// - `call(code)` jumps to an address, which the standard language cannot express.
/// - `expect_no_trace(f)`: f must leave the address space as it was.
/// - `has_memory_for(bytes)`: whether this environment can commit that much at all.
template <class S>
concept environment = requires(std::span<const std::byte> where, void (*f)()) {
  S::check(true, "what");
  S::expect_fault(where, touch::read, fault::either, f);
  S::run_isolated("name", f);
  S::call(where.data());
  S::expect_no_trace(f);
  { S::has_memory_for(1) } -> std::same_as<bool>;
};

/// A test config: the typedef, how its objects are made, and whether its pages can become executable. `missing()`
/// returns what this machine lacks for it, or null.
template <class M>
concept config = requires {
  { M::make() } -> std::same_as<typename M::allocator>;
  { M::make(basic_limits<M::allocator::pages::unit>{}) } -> std::same_as<typename M::allocator>;
  { M::missing() } -> std::same_as<const char*>;
  typename std::bool_constant<M::executes>;
};

}  // namespace quire::test
