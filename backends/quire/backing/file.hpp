// SPDX-License-Identifier: BSL-1.0
#pragma once
// Files on a disk, as memory.
#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include <quire/access.hpp>
#include <quire/backing/detail/posix/file_object.hpp>
#include <quire/store/shared.hpp>
#include <quire/system/linux/boot_id.hpp>

namespace quire::backing {

/// For the store `S`, whose calls it uses.
template <class S>
struct file {
  static_assert(detail::store_with_files<S>,
                "quire: files are mapped as memory over linux_mmap and posix_mmap, not over this store");
};

template <detail::store_with_files S>
struct file<S> : detail::file_object<typename S::calls> {
  /// The system's calls.
  using Calls = typename S::calls;
  using handle = detail::file_handle;

  /// open(O_CREAT | O_EXCL).
  static int create(const char* path, unsigned permissions, handle& made) noexcept {
    return taken(Calls::create_file(path, permissions), made);
  }
  static int open(const char* path, access wanted, handle& made) noexcept {
    return taken(Calls::open_file(path, wanted == access::read_write), made);
  }
  /// flock.
  static int lock_alone(handle h, bool& got) noexcept { return lock(h, true, got); }
  static int lock_with_others(handle h, bool& got) noexcept { return lock(h, false, got); }
  static void unlock(handle h) noexcept { (void)Calls::unlock_file(h.descriptor); }
  /// fstat, and ftruncate if the file is longer.
  static int truncate(handle h, std::size_t bytes) noexcept {
    unsigned long long now = 0;
    if (const int n = file::length(h, now)) return n;
    return now <= bytes ? 0 : repeated([=] { return Calls::resize_file(h.descriptor, bytes); });
  }
  /// msync(MS_SYNC): on Linux that is fdatasync of this part of the file.
  static int sync(page_run r) noexcept {
    return repeated([=] { return Calls::sync_mapping(r.base, r.bytes); });
  }
  /// fsync of the file, and of its folder.
  static int sync_name(handle h, const char* path) noexcept {
    if (const int n = repeated([=] { return Calls::sync_file(h.descriptor); })) return n;
    std::array<char, longest_path> folder;
    const std::string_view whole(path);
    const std::size_t slash = whole.rfind('/');
    const std::string_view parent = slash == std::string_view::npos ? "." : slash == 0 ? "/" : whole.substr(0, slash);
    if (parent.size() >= folder.size()) return Calls::too_long;
    *std::copy(parent.begin(), parent.end(), folder.begin()) = '\0';
    return repeated([&] { return Calls::sync_folder(folder.data()); });
  }
  static int remove(const char* path) noexcept { return path == nullptr ? Calls::no_entry : Calls::remove_file(path); }
  /// Linux: /proc/sys/kernel/random/boot_id.
  static int run_of_machine(machine_run& now) noexcept {
    now = {};
    if constexpr (requires { Calls::open_to_read(""); })
      return repeated([&] { return quire::detail::read_boot_id<Calls>(now); });
    return 0;
  }

 private:
  static constexpr std::size_t longest_path = 4096;  // PATH_MAX of Linux

  static int taken(int descriptor, handle& made) noexcept {
    if (descriptor < 0) return -descriptor;
    made.descriptor = descriptor;
    return 0;
  }
  static int lock(handle h, bool exclusively, bool& got) noexcept {
    const int n = repeated([=] { return Calls::lock_file(h.descriptor, exclusively); });
    got = n == 0;
    return n == Calls::would_block ? 0 : n;
  }
  /// After a signal the same again.
  template <class F>
  static int repeated(F call) noexcept {
    for (;;)
      if (const int n = call(); n != Calls::interrupted) return n;
  }
};

}  // namespace quire::backing
