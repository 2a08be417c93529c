// SPDX-License-Identifier: BSL-1.0
#pragma once
// Makes the compared operations visible to the checker: tables of the addresses of three operations. They are addresses
// because a wrapper into which a compiler inlines would have code of its own.
#include <cstddef>
#include <optional>
#include <span>

#include <quire/result.hpp>
#include <quire/units.hpp>

namespace codegen {

template <class Memory>
struct operations {
  quire::result<std::span<std::byte>> (Memory::*allocate)(quire::pages, std::optional<quire::pages>) noexcept;
  quire::result<quire::pages> (Memory::*grow)(quire::pages, quire::pages) noexcept;
  quire::result<void> (Memory::*deallocate)(std::byte*, std::size_t) noexcept;
};

template <class Memory>
struct operations_in_c {
  int (Memory::*allocate)(std::size_t, std::size_t) noexcept;
  int (Memory::*grow)(std::size_t) noexcept;
  int (Memory::*deallocate)() noexcept;
};

/// `template struct codegen::compared<P>;` adds rows to the checker's table: one for each operation, named after P.
template <class P>
struct compared {
  static const operations<typename P::library> library;
  static const operations<typename P::by_hand> by_hand;
};
template <class P>
const operations<typename P::library> compared<P>::library{&P::library::allocate, &P::library::grow,
                                                           &P::library::deallocate};
template <class P>
const operations<typename P::by_hand> compared<P>::by_hand{&P::by_hand::allocate, &P::by_hand::grow,
                                                           &P::by_hand::deallocate};

/// The distance to C without checks, which is reported but not judged.
template <class P>
struct told {
  static const operations_in_c<typename P::in_c> in_c;
};
template <class P>
const operations_in_c<typename P::in_c> told<P>::in_c{&P::in_c::allocate, &P::in_c::grow, &P::in_c::deallocate};

}  // namespace codegen
