// SPDX-License-Identifier: BSL-1.0
#pragma once
// The calls of QNX (SDP 8) beyond POSIX's, one function each, and its constants, all from QNX's own headers: hardly any
// has the value that it has elsewhere. Each returns 0 or errno, unless stated otherwise.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <quire/calls/mapping.hpp>
#include <quire/calls/posix/memory.hpp>

namespace quire::calls {

struct qnx : posix_memory {
  // Whether mprotect takes memory for pages that were mapped without access: QNX documents it from SDP 8 on.
  static constexpr bool protect_commits = true;

  static constexpr int map_shared = MAP_SHARED | MAP_ANON;
  static constexpr int map_lazy = MAP_LAZY;        // a touch allocates memory, or raises SIGBUS
  static constexpr int map_contiguous = MAP_PHYS;  // with MAP_ANON: one run of physical memory
  static constexpr int map_object_shared = MAP_SHARED;
  static constexpr int advice_discard = POSIX_MADV_DISCARD_NP;  // on lazy mappings only
  static constexpr int typed_scattered = POSIX_TYPED_MEM_ALLOCATE;
  static constexpr int typed_contiguous = POSIX_TYPED_MEM_ALLOCATE_CONTIG;

  static constexpr int limit_locked = RLIMIT_MEMLOCK;
  static constexpr int no_entry = ENOENT;
  static_assert(PROT_READ == 0x100 && MAP_ANON == 0x80000, "quire: another system's numbers are in QNX's place");
  static_assert(NOFD == -1, "what calls::posix_memory maps of nothing is anonymous here as well");

  /// posix_madvise returns its error instead of setting errno.
  static int madvise(void* p, std::size_t bytes, int advice) noexcept { return ::posix_madvise(p, bytes, advice); }
  /// SDP 8 locks all memory itself; the call then only checks that memory is behind every page.
  static int mlock(const void* p, std::size_t bytes) noexcept { return error_of(::mlock(p, bytes)); }

  /// Maps a part of the object.
  static mapping mmap_object(void* where, std::size_t bytes, int protection, int flags, int object,
                             std::size_t offset) noexcept {
    return mapping_of(::mmap(where, bytes, protection, flags, object, static_cast<off_t>(offset)));
  }
  /// Returns a descriptor, or a negative errno. Requires the ability PROCMGR_AID_MEM_PHYS over all of the object.
  static int open_typed_memory(const char* name, int how) noexcept {
    return number_of(::posix_typed_mem_open(name, O_RDWR, how));
  }
  /// Bytes that can be allocated from it now.
  static int room_in_typed_memory(int object, std::size_t& bytes) noexcept {
    posix_typed_mem_info info{};
    if (::posix_typed_mem_get_info(object, &info) != 0) return last_error();
    bytes = info.posix_tmi_length;
    return 0;
  }
  /// Returns a descriptor, or a negative errno: an unnamed memory object, which has no memory yet.
  static int new_memory_object() noexcept { return number_of(::shm_open(SHM_ANON, O_RDWR, 0600)); }
  /// Allocates and locks `bytes` bytes of memory for the object, and seals it: no process can change its layout any
  /// more, which could cut off mapped memory.
  static int fill_memory_object(int object, std::size_t bytes) noexcept {
    return error_of(::shm_ctl(object, SHMCTL_ANON | SHMCTL_SEAL, 0, bytes));
  }
  static void close(int object) noexcept { (void)::close(object); }

  /// The physical address of `p`, and how many of the `bytes` from there on are contiguous.
  static int find_physical(const void* p, std::size_t bytes, std::uint64_t& address, std::size_t& run) noexcept {
    off_t offset = 0;
    if (::mem_offset(p, NOFD, bytes, &offset, &run) != 0) return last_error();
    address = static_cast<std::uint64_t>(offset);
    return 0;
  }
};

}  // namespace quire::calls
