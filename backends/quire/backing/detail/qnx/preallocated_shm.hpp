// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory that QNX allocates before it is used: an anonymous shared memory object.
#include <cstddef>
#include <cstring>

#include <quire/backing/detail/posix/preallocated_object.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/store.hpp>

namespace quire::backing::detail {

/// A base of qnx_mmap, from SDP 8 on: a commit over a mapping of an object must leave it in place.
template <class Calls, class Store>
struct preallocated_shm : preallocated_objects<Calls> {
  /// shm_open(SHM_ANON); shm_ctl(SHMCTL_ANON | SHMCTL_SEAL), which allocates the memory and locks it; mmap(MAP_SHARED);
  /// mlock, which from SDP 8 on reports whether memory is behind every page. Zeroes are not guaranteed, so all of it is
  /// cleared.
  static int make_object(std::size_t bytes, bool, preallocated_object& made) noexcept
    requires Calls::protect_commits
  {
    const int object = Calls::new_memory_object();
    if (object < 0) return -object;
    int n = Calls::fill_memory_object(object, bytes);
    if (n == 0) n = show(object, bytes, made);
    if (n != 0) Calls::close(object);
    return n;
  }
  /// mmap(MAP_SHARED | MAP_FIXED).
  static int map_object(page_run r, const preallocated_object& from, std::size_t offset, const attributes&) noexcept
    requires Calls::protect_commits
  {
    return Calls::mmap_object(r.base, r.bytes, both, Calls::map_object_shared | Calls::map_fixed, from.descriptor,
                              offset)
        .error;
  }
  static int unmap_object(page_run r, const attributes& requested) noexcept { return Store::decommit(r, requested); }

 private:
  static constexpr int both = Calls::prot_read | Calls::prot_write;

  static int show(int object, std::size_t bytes, preallocated_object& made) noexcept {
    const auto got = Calls::mmap_object(nullptr, bytes, both, Calls::map_object_shared, object, 0);
    if (got.error != 0) return got.error;
    if (const int n = Calls::mlock(got.address, bytes)) {
      (void)Calls::munmap(got.address, bytes);
      return n;
    }
    std::memset(got.address, 0, bytes);
    made = {object, static_cast<std::byte*>(got.address), bytes};
    return 0;
  }
};

}  // namespace quire::backing::detail
