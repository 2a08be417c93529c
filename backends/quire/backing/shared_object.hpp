// SPDX-License-Identifier: BSL-1.0
#pragma once
// Objects in memory that processes share: by a name (shm_open), or on Linux also without one (memfd_create).
#include <cstddef>

#include <quire/access.hpp>
#include <quire/backing/detail/posix/file_object.hpp>

namespace quire::backing {

/// For the store `S`, whose calls it uses.
template <class S>
struct shared_object {
  static_assert(detail::store_with_files<S>,
                "quire: memory is shared between processes over linux_mmap and posix_mmap, not over this store");
};

template <detail::store_with_files S>
struct shared_object<S> : detail::file_object<typename S::calls> {
  /// The system's calls.
  using Calls = typename S::calls;
  using handle = detail::file_handle;

  /// Without a name: memfd_create; `unsupported` where the system lacks it.
  static int create(const char* name, unsigned permissions, handle& made) noexcept {
    return taken(name == nullptr ? create_unnamed() : Calls::create_object(name, permissions), made);
  }
  /// shm_open.
  static int open(const char* name, access wanted, handle& made) noexcept {
    if (name == nullptr) return Calls::no_entry;
    return taken(Calls::open_object(name, wanted == access::read_write), made);
  }
  /// fcntl(F_DUPFD_CLOEXEC).
  static int share(int descriptor, access, handle& made) noexcept {
    return taken(Calls::duplicate_file(descriptor), made);
  }
  /// fcntl(F_ADD_SEALS), on Linux. Objects with a name take no seals.
  static int finish(handle h) noexcept {
    if constexpr (seals) {
      const int n = Calls::seal_against_shrinking(h.descriptor);
      return n == Calls::forbidden || n == Calls::invalid ? 0 : n;
    }
    return 0;
  }
  static int remove(const char* name) noexcept {
    return name == nullptr ? Calls::no_entry : Calls::remove_object(name);
  }
  static bool never_shrinks(handle h) noexcept {
    if constexpr (seals) return Calls::never_shrinks(h.descriptor);
    return false;
  }

 private:
  static constexpr bool seals = requires { Calls::seal_against_shrinking(0); };

  static int taken(int descriptor, handle& made) noexcept {
    if (descriptor < 0) return -descriptor;
    made.descriptor = descriptor;
    return 0;
  }
  /// Kernels before 6.3 reject MFD_NOEXEC_SEAL, which also seals against execution.
  static int create_unnamed() noexcept {
    if constexpr (seals) {
      constexpr unsigned flags = Calls::file_closed_by_exec | Calls::file_sealable;
      const int fd = Calls::memory_file("quire-shared", flags | Calls::file_never_executed);
      return fd == -Calls::invalid ? Calls::memory_file("quire-shared", flags) : fd;
    }
    return -Calls::unsupported;
  }
};

}  // namespace quire::backing
