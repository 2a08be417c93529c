// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory of this machine, on which the models of other systems are built. Every function succeeds, or the program ends:
// a model refuses a call before it comes here.
#include <cstddef>

namespace quire::test {

struct host_memory {
  /// Returns inaccessible addresses with this alignment, or null if this machine has none left.
  static std::byte* reserve(std::size_t bytes, std::size_t alignment) noexcept;
  /// Reserves these addresses if all of them are free.
  static bool reserve_at(std::byte* where, std::size_t bytes) noexcept;
  static void release(std::byte* p, std::size_t bytes) noexcept;

  /// `protection` is a constant of this machine (PROT_READ and so on). Contents stay.
  static void protect(std::byte* p, std::size_t bytes, int protection) noexcept;
  /// Makes pages inaccessible, and discards their contents and memory.
  static void forget(std::byte* p, std::size_t bytes) noexcept;
  /// Maps a part of a file of this machine over these addresses.
  static void share(std::byte* p, std::size_t bytes, int file, long offset, int protection) noexcept;
  /// Does the same, but keeps writes private.
  static void copy_on_write(std::byte* p, std::size_t bytes, int file, long offset, int protection) noexcept;
  /// Brings accessible pages into memory.
  static void populate_and_lock(std::byte* p, std::size_t bytes) noexcept;
  static bool is_resident(const std::byte* p) noexcept;
};

}  // namespace quire::test
