// SPDX-License-Identifier: BSL-1.0
#pragma once
// What shared memory and files have in common as POSIX knows them: a descriptor, a length, and mappings.
#include <algorithm>
#include <concepts>
#include <cstddef>

#include <quire/access.hpp>
#include <quire/backing/detail/posix/error_codes.hpp>
#include <quire/error.hpp>
#include <quire/store.hpp>
#include <quire/system/rlimits.hpp>

namespace quire::backing::detail {

/// Stores whose calls know files.
template <class S>
concept store_with_files = requires(void* p, std::size_t n) {
  { S::calls::map_file(p, n, 0, 0, 0, n) } noexcept;
  { S::calls::allocate_in_file(0, n, n) } noexcept -> std::same_as<int>;
  { S::calls::open_object("", true) } noexcept -> std::same_as<int>;
};

struct file_handle {
  int descriptor = -1;
};

template <class Calls>
struct file_object {
  using handle = file_handle;

  static void close(handle h) noexcept { Calls::close(h.descriptor); }
  /// fstat.
  static int length(handle h, unsigned long long& bytes) noexcept { return Calls::length_of_file(h.descriptor, bytes); }
  /// Linux: fallocate, which starts anew after a signal: parts become smaller until one ends before the next.
  static int allocate(handle h, std::size_t from, std::size_t bytes) noexcept {
    if (quire::detail::exceeds_file_limit<Calls>(from + bytes)) return Calls::too_large;
    constexpr std::size_t smallest = std::size_t{64} << 10;
    std::size_t part = bytes;
    while (bytes != 0) {
      const std::size_t now = std::min(part, bytes);
      const int n = Calls::allocate_in_file(h.descriptor, from, now);
      if (n == Calls::interrupted) {
        part = std::max(now / 2, smallest);
        continue;
      }
      if (n != 0) return n;
      from += now;
      bytes -= now;
    }
    return 0;
  }
  /// mmap(MAP_SHARED | MAP_FIXED).
  static int map(page_run r, handle h, std::size_t offset, access wanted) noexcept {
    return Calls::map_file(r.base, r.bytes, protection(wanted), Calls::map_shared | Calls::map_fixed, h.descriptor,
                           offset)
        .error;
  }
  /// mmap(MAP_SHARED).
  static reservation map_apart(std::size_t bytes, handle h, access wanted) noexcept {
    const auto got = Calls::map_file(nullptr, bytes, protection(wanted), Calls::map_shared, h.descriptor, 0);
    return {static_cast<std::byte*>(got.address), got.error};
  }
  static void unmap(page_run r) noexcept { (void)Calls::munmap(r.base, r.bytes); }
  static void pause() noexcept { Calls::pause(); }

  static constexpr errc code_of(step at, int native) noexcept {
    if (native == Calls::exists) return errc::already_allocated;
    if (native == Calls::no_entry) return errc::not_allocated;
    if (native == Calls::no_space || native == Calls::over_quota) return errc::out_of_memory;
    if (native == Calls::too_large || native == Calls::beyond_range) return errc::limit_exceeded;
    if (native == Calls::read_only_files) return errc::not_permitted;
    return posix_code<Calls>(at, native);
  }

 private:
  static constexpr int protection(access wanted) noexcept {
    return wanted == access::read ? Calls::prot_read : Calls::prot_read | Calls::prot_write;
  }
};

}  // namespace quire::backing::detail
