#pragma once
// This machine's memory, as the ground on which models of other systems stand. Everything succeeds, or the model cannot
// go on; what the modelled system refuses, the model refuses before it comes here.
#include <cstddef>

namespace quire::test {

struct host_memory {
  /// Inaccessible addresses at an alignment, or null where this machine has none left.
  static std::byte* reserve(std::size_t bytes, std::size_t alignment) noexcept;
  /// These addresses, if all of them are free.
  static bool reserve_at(std::byte* where, std::size_t bytes) noexcept;
  static void release(std::byte* p, std::size_t bytes) noexcept;

  /// `protection` is this machine's (PROT_READ and so on). Contents stay.
  static void protect(std::byte* p, std::size_t bytes, int protection) noexcept;
  /// Inaccessible again, without contents and without memory.
  static void forget(std::byte* p, std::size_t bytes) noexcept;
  /// A part of a file of this machine, in place of what is there.
  static void share(std::byte* p, std::size_t bytes, int file, long offset, int protection) noexcept;
  /// Likewise, but what is written stays here.
  static void copy_on_write(std::byte* p, std::size_t bytes, int file, long offset, int protection) noexcept;
  /// Brings pages in that can be accessed.
  static void populate_and_lock(std::byte* p, std::size_t bytes) noexcept;
  static bool is_resident(const std::byte* p) noexcept;
};

}  // namespace quire::test
