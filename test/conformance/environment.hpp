#pragma once
// What the conformance cases need of the place where they run: a desktop with fork, an emulator, a board without an
// operating system. Cases use no heap, no exceptions and no streams, so that each of these can be such a place.
#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>

#include <quire/contract.hpp>
#include <quire/limits.hpp>

namespace quire::test {

enum class touch : unsigned char { read, write, execute };

/// - `check(holds, what)` counts, and reports what does not hold.
/// - `expect_fault(where, how, kind, f)`: f must fault, at an address within `where`, by this access, raised like this.
/// - `run_isolated(name, f)` runs f so that a crash in it, or what it leaves behind, harms nothing else.
/// - `call(code)` jumps to an address; nothing else can do that in the standard language.
/// - `expect_no_trace(f)`: after f the address space is as it was before.
/// - `has_memory_for(bytes)`: whether so much can be committed here at all, whatever is tested.
template <class S>
concept environment = requires(std::span<const std::byte> where, void (*f)()) {
  S::check(true, "what");
  S::expect_fault(where, touch::read, fault::either, f);
  S::run_isolated("name", f);
  S::call(where.data());
  S::expect_no_trace(f);
  { S::has_memory_for(1) } -> std::same_as<bool>;
};

/// What is tested: a typedef, how its objects are built, and whether its pages can be made executable. `missing()` says
/// what this machine lacks for it, or null.
template <class M>
concept config = requires {
  { M::make() } -> std::same_as<typename M::allocator>;
  { M::make(basic_limits<M::allocator::pages::unit>{}) } -> std::same_as<typename M::allocator>;
  { M::missing() } -> std::same_as<const char*>;
  typename std::bool_constant<M::executes>;
};

}  // namespace quire::test
