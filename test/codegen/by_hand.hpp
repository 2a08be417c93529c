// SPDX-License-Identifier: BSL-1.0
#pragma once
// The ready-made allocators as an expert would write them without the library: for one system, each kind of memory
// separately, with the same contract: the same checks in the same order, errors, layout, calls and undo.
#include <algorithm>
#include <boost/config.hpp>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <linux/mempolicy.h>
#include <optional>
#include <span>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <quire/backing/linux_mmap.hpp>
#include <quire/backing/posix_mmap.hpp>
#include <quire/calls/linux.hpp>
#include <quire/calls/posix.hpp>
#include <quire/result.hpp>
#include <quire/units.hpp>

namespace by_hand {

using quire::errc;
using quire::failure;
using quire::pages;
using quire::result;
using quire::step;
using namespace quire::literals;

/// Rare paths that both sides share: how Linux is made to take pages back, and what ENOMEM meant.
using shared = quire::backing::detail::linux_give_back<quire::calls::linux_kernel>;

/// An ordinary memory on Linux, from which the others differ in some constants. The store only supplies the meaning of
/// codes.
struct guarded {
  static constexpr std::size_t before = 64_KiB, after = 64_KiB;  // guards
  static constexpr std::size_t reach = 0;                        // reserved behind the base, whatever the capacity
  static constexpr std::size_t span = SIZE_MAX;                  // the largest capacity
  static constexpr std::size_t alignment = 64_KiB;
  // The reservation is a multiple of this: Linux aligns such lengths on its own.
  static constexpr std::size_t multiple = 2_MiB;
  static constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  static constexpr bool huge = false, placed = false;
  using store = quire::backing::linux_mmap<>;

  static bool give_back(std::byte* p, std::size_t bytes) noexcept {
    return shared::decommit({p, bytes}, {PROT_NONE, flags, 2_MiB}).native == 0;
  }
  static bool revert_commit(std::byte* p, std::size_t bytes, int native) noexcept {
    return shared::revert_commit({p, bytes}, native);
  }
  static errc cause_of_refusal(std::byte* p, std::size_t bytes, int native) noexcept {
    return shared::cause_of_refused_commit({p, bytes}, native, PROT_READ);
  }
};
struct index_space : guarded {
  static constexpr std::size_t before = 0, after = 0, reach = 8_GiB + 64_KiB, span = 4_GiB;
};
struct huge_pages : guarded {
  static constexpr std::size_t before = 2_MiB, alignment = 2_MiB;
  static constexpr bool huge = true;
};
struct on_a_node : guarded {
  static constexpr bool placed = true;
  unsigned node = 0;
};
struct widely_guarded : guarded {
  static constexpr std::size_t before = 64_MiB, after = 64_MiB;
};
struct posix : guarded {
  static constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS;
  using store = quire::backing::posix_mmap<>;

  static bool give_back(std::byte* p, std::size_t bytes) noexcept {
    return mmap(p, bytes, PROT_NONE, flags | MAP_FIXED, -1, 0) != MAP_FAILED;
  }
  static bool revert_commit(std::byte* p, std::size_t bytes, int native) noexcept {
    return store::revert_commit({p, bytes}, native);
  }
  static errc cause_of_refusal(std::byte*, std::size_t, int native) noexcept {
    return store::code_of(step::commit, native);
  }
};

inline std::size_t misalignment(const std::byte* p, std::size_t alignment) noexcept {
  return reinterpret_cast<std::uintptr_t>(p) & (alignment - 1);
}

/// Maps inaccessible pages; returns null and sets errno on failure.
inline std::byte* map(std::byte* where, std::size_t bytes, int flags) noexcept {
  void* const p = mmap(where, bytes, PROT_NONE, flags, -1, 0);
  return p == MAP_FAILED ? nullptr : static_cast<std::byte*>(p);
}

/// Handles the rare case that `p` is misaligned, out of line. First tries the place just below, which is usually free;
/// then maps more than is needed and unmaps both ends.
BOOST_NOINLINE inline std::byte* map_elsewhere(std::byte* p, std::size_t bytes, std::size_t alignment,
                                               int flags) noexcept {
  if (munmap(p, bytes) != 0) return nullptr;
  p = map(p - misalignment(p, alignment), bytes, flags);
  if (p == nullptr || misalignment(p, alignment) == 0) return p;

  if (munmap(p, bytes) != 0) return nullptr;
  p = map(nullptr, bytes + alignment, flags);
  if (p == nullptr) return nullptr;
  const std::size_t low = misalignment(p, alignment);
  const std::size_t surplus = low == 0 ? 0 : alignment - low;
  if (surplus != 0) (void)munmap(p, surplus);
  if (surplus != alignment) (void)munmap(p + surplus + bytes, alignment - surplus);
  return p + surplus;
}

inline std::byte* reserve(std::size_t bytes, std::size_t alignment, int flags) noexcept {
  std::byte* const p = map(nullptr, bytes, flags);
  return p == nullptr || misalignment(p, alignment) == 0 ? p : map_elsewhere(p, bytes, alignment, flags);
}

inline constexpr unsigned most_nodes = 1024;

/// Handles a refused mbind out of line; returns 0 or an errno. A kernel without NUMA has only node 0, as /sys shows.
BOOST_NOINLINE inline int refused_node(int native, bool wants_node_0) noexcept {
  if (native != ENOSYS || !wants_node_0) return native;
  return quire::detail::is_without_nodes<quire::calls::linux_kernel>() ? 0 : native;
}

/// Returns 0 or an errno.
inline int prefer_node(std::byte* p, std::size_t bytes, unsigned node) noexcept {
  constexpr unsigned per_word = 64;
  unsigned long nodes[most_nodes / per_word]{};
  nodes[node / per_word] = 1UL << (node % per_word);
  if (syscall(SYS_mbind, p, bytes, MPOL_PREFERRED, nodes, most_nodes + 1UL, 0) == 0) return 0;
  return refused_node(errno, node == 0);
}

template <class Kind>
struct memory : Kind {
  /// The size of a memory that refuses every size: not a multiple of a page, so no caller can pass it.
  static constexpr std::size_t unknown = SIZE_MAX;

  // Vacant: no base. Broken: there is a base, and the size is unknown. The limit is a multiple of 64 KiB that fits the
  // layout.
  std::byte* base = nullptr;
  std::size_t size = unknown;
  std::size_t capacity = 0;
  std::size_t limit = 4_GiB;

  static constexpr std::size_t whole(std::size_t bytes) noexcept {
    return quire::align_up(Kind::before + (Kind::reach != 0 ? Kind::reach : bytes) + Kind::after, Kind::multiple);
  }
  static std::unexpected<quire::error> failed(step at, int native) noexcept {
    return failure(Kind::store::code_of(at, native), at, native);
  }

  result<std::span<std::byte>> allocate(pages initial, std::optional<pages> maximum) noexcept {
    if (base != nullptr) return failure(size == unknown ? errc::broken : errc::already_allocated, step::plan);
    if (maximum && *maximum < initial) return failure(errc::invalid_argument, step::plan);
    const std::uint64_t bound = limit / pages::unit, most = maximum ? maximum->n : bound;
    if (most > bound || most > Kind::span / pages::unit || initial.n > most)
      return failure(errc::limit_exceeded, step::plan);
    if constexpr (Kind::placed)
      if (this->node >= most_nodes) return failure(errc::invalid_argument, step::plan);
    const std::size_t most_bytes = most * pages::unit, bytes = initial.n * pages::unit, length = whole(most_bytes);

    std::byte* const begin = reserve(length, Kind::alignment, Kind::flags);
    if (begin == nullptr) return failed(step::reserve, errno);
    std::byte* const p = begin + Kind::before;

    if (const int native = configure(begin, length); native != 0) {
      (void)munmap(begin, length);
      return failed(step::configure, native);
    }
    if (bytes != 0 && mprotect(p, bytes, PROT_READ | PROT_WRITE) != 0) {
      const int native = errno;
      const errc code = Kind::cause_of_refusal(p, bytes, native);
      (void)munmap(begin, length);
      return failure(code, step::commit, native);
    }
    base = p;
    size = bytes;
    capacity = most_bytes;
    return std::span<std::byte>(p, bytes);
  }

  result<pages> grow(pages current, pages additional) noexcept {
    std::size_t now = 0;
    if (!quire::to_bytes(current, now) || now != size || additional.n > (capacity - now) / pages::unit)
      return refused_growth(current);
    const std::size_t more = additional.n * pages::unit;
    if (more != 0 && mprotect(base + now, more, PROT_READ | PROT_WRITE) != 0) return undone_growth(base + now, more);
    size = now + more;
    return current;
  }
  /// Part of the range may have been made accessible.
  std::unexpected<quire::error> undone_growth(std::byte* p, std::size_t bytes) noexcept {
    const int native = errno;
    if (Kind::revert_commit(p, bytes, native))
      return failure(Kind::store::code_of(step::commit, native), step::commit, native);
    const errc code = Kind::cause_of_refusal(p, bytes, native);
    if (!Kind::give_back(p, bytes) || configure(p, bytes) != 0) size = unknown;
    return failure(code, step::commit, native);
  }
  /// Restores what a new mapping lacks: its node and its advice. Returns 0 or an errno.
  int configure(std::byte* p, std::size_t bytes) const noexcept {
    if constexpr (Kind::placed)
      if (const int native = prefer_node(p, bytes, this->node)) return native;
    if constexpr (Kind::huge) return madvise(p, bytes, MADV_HUGEPAGE) == 0 ? 0 : errno;
    return 0;
  }
  std::unexpected<quire::error> refused_growth(pages current) const noexcept {
    if (base == nullptr) return failure(errc::not_allocated, step::plan);
    if (size == unknown) return failure(errc::broken, step::plan);
    return failure(current.n == size / pages::unit ? errc::limit_exceeded : errc::size_mismatch, step::plan);
  }

  result<void> deallocate(std::byte* p, std::size_t bytes) noexcept {
    if (base == nullptr) return failure(errc::not_allocated, step::release);
    if (p != base) return failure(errc::invalid_argument, step::release);
    if (bytes != size && size != unknown) return failure(errc::size_mismatch, step::release);
    if (munmap(p - Kind::before, whole(capacity)) != 0) return failed(step::release, errno);
    base = nullptr;
    size = unknown;
    return {};
  }
};

}  // namespace by_hand
