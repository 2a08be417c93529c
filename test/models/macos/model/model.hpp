// SPDX-License-Identifier: BSL-1.0
#pragma once
// Simulates Mach's virtual memory on that of this machine: the calls of calls::mach with the rules of xnu 11417
// (osfmk/vm/vm_map.c, vm_user.c, vm_object.c; bsd/kern/kern_mman.c). The model refuses what that kernel refuses, with
// the same code. It makes copies at once; their contents do not differ from those of copy-on-write.
#include <cstddef>
#include <cstdint>

#include <quire/calls/mach/types.hpp>
#include <quire/calls/mapping.hpp>

#include "models/macos/model/map.hpp"

namespace quire::test {

struct mach_state {
  mach_map map;
  std::size_t page = 16384;                       // a power of two, at least the page size of this machine
  std::size_t largest_mapping = ~std::size_t{0};  // RLIMIT_AS
  std::size_t wire_limit = ~std::size_t{0};       // RLIMIT_MEMLOCK
  std::size_t wired = 0;
};

struct mach_model : calls::mach_types {
  static constexpr int limit_address_space = 5, limit_data = 2, limit_locked = 6;  // RLIMIT_AS, _DATA, _MEMLOCK
  static constexpr std::size_t largest_page = 65536;
  static mach_state now;

  static std::size_t page_bytes() noexcept { return now.page; }
  static calls::mapping vm_map(void* where, std::size_t bytes, std::size_t mask, int flags, int current, int maximum,
                               int inheritance) noexcept;
  static int vm_deallocate(void* p, std::size_t bytes) noexcept;
  static int vm_protect(void* p, std::size_t bytes, int current) noexcept;
  static int vm_inherit(void* p, std::size_t bytes, int inheritance) noexcept;
  static int vm_remap_copy(void* where, std::size_t bytes, void* from, int inheritance) noexcept;
  static int vm_remap_shared(void* where, std::size_t bytes, void* from, int inheritance) noexcept;
  static int vm_purgable_control(void* p, int control, int& state) noexcept;
  static int vm_region(const void* p, memory_region& found) noexcept;
  static int mlock(const void* p, std::size_t bytes) noexcept;
  static void pause() noexcept {}
  static std::uint32_t process_number() noexcept { return 1; }
  static int read_limit(int resource, unsigned long long& soft) noexcept;

  /// Simulates memory pressure: empties the first `objects` volatile objects, in their order.
  static void purge(std::size_t objects = ~std::size_t{0});
};

/// The environment variable QUIRE_MODEL_PAGE, in bytes, read when the program starts.
std::size_t page_of_model();

}  // namespace quire::test
