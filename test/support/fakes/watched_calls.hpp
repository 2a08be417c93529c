// SPDX-License-Identifier: BSL-1.0
#pragma once
// Reports each call of a system to a watcher first, which may make it fail. The state of a watcher is static, since a
// store holds no data of its calls.
#include <cstddef>
#include <cstdint>
#include <span>
#include <sys/mman.h>

#include <quire/calls/mapping.hpp>
#include <quire/calls/windows/types.hpp>
#include <quire/store.hpp>
#include <quire/units.hpp>

namespace quire::test {

enum class call : unsigned char {
  mmap,
  munmap,
  mprotect,
  madvise,
  mlock,
  mlock_on_fault,
  munlock,
  mbind,
  get_mempolicy,
  mincore,
  pagemap,
  process_madvise,
  name_mapping,
  mseal,
  tag_control,
  memfd_create,
  shm_open,
  ftruncate,
  pkey_alloc,
  virtual_alloc,
  virtual_free,
  virtual_protect,
  virtual_lock,
  virtual_query,
  highest_node,
  offer_virtual_memory,
  reclaim_virtual_memory,
  create_file_mapping,
  map_view_of_file,
  unmap_view_of_file,
  vm_map,
  vm_deallocate,
  vm_protect,
  vm_inherit,
  vm_remap,
  vm_purgable_control,
  vm_region
};

[[nodiscard]] constexpr const char* name(call c) noexcept {
  constexpr const char* names[] = {"mmap",
                                   "munmap",
                                   "mprotect",
                                   "madvise",
                                   "mlock",
                                   "mlock_on_fault",
                                   "munlock",
                                   "mbind",
                                   "get_mempolicy",
                                   "mincore",
                                   "pagemap",
                                   "process_madvise",
                                   "name_mapping",
                                   "mseal",
                                   "tag_control",
                                   "memfd_create",
                                   "shm_open",
                                   "ftruncate",
                                   "pkey_alloc",
                                   "VirtualAlloc",
                                   "VirtualFree",
                                   "VirtualProtect",
                                   "VirtualLock",
                                   "VirtualQuery",
                                   "GetNumaHighestNodeNumber",
                                   "OfferVirtualMemory",
                                   "ReclaimVirtualMemory",
                                   "CreateFileMapping",
                                   "MapViewOfFile3",
                                   "UnmapViewOfFile2",
                                   "mach_vm_map",
                                   "mach_vm_deallocate",
                                   "mach_vm_protect",
                                   "mach_vm_inherit",
                                   "mach_vm_remap",
                                   "mach_vm_purgable_control",
                                   "mach_vm_region"};
  return names[static_cast<unsigned>(c)];
}

/// `detail` is the protection, the advice or the mode. `where` of mmap is the requested address, then the returned one.
struct made_call {
  call what;
  const std::byte* where = nullptr;
  std::size_t bytes = 0;
  int detail = 0;
  int flags = 0;
  friend constexpr bool operator==(const made_call&, const made_call&) = default;
};

/// How a call changes the mappings of the process, if it concerns addresses.
enum class effect : unsigned char { nothing, maps_anew, sets_access, uses, unmaps };

[[nodiscard]] constexpr effect effect_of(const made_call& c) noexcept {
  using windows = calls::windows_types;
  const auto flags = static_cast<unsigned>(c.flags);
  switch (c.what) {
    case call::mmap: return (c.flags & MAP_FIXED) == 0 ? effect::maps_anew : effect::sets_access;
    case call::munmap:
    case call::vm_deallocate: return effect::unmaps;
    case call::vm_map: return (flags & 1) != 0 ? effect::maps_anew : effect::sets_access;  // VM_FLAGS_ANYWHERE
    case call::vm_remap:
    case call::vm_protect: return effect::sets_access;
    case call::vm_region: return effect::nothing;
    case call::mprotect:
    case call::virtual_protect: return effect::sets_access;
    case call::virtual_alloc:
      return (flags & windows::mem_reserve) != 0 && (flags & windows::mem_replace_placeholder) == 0
                 ? effect::maps_anew
                 : effect::sets_access;
    case call::map_view_of_file:
      return flags == windows::mem_replace_placeholder ? effect::sets_access : effect::maps_anew;
    case call::unmap_view_of_file:
      return flags == windows::mem_preserve_placeholder ? effect::sets_access : effect::unmaps;
    case call::virtual_free: return flags == windows::mem_release ? effect::unmaps : effect::sets_access;
    case call::tag_control:
    case call::memfd_create:
    case call::shm_open:
    case call::ftruncate:
    case call::pkey_alloc:
    case call::create_file_mapping:
    case call::highest_node: return effect::nothing;
    default: return effect::uses;
  }
}

/// The answer of a watcher: fail with `code`, unless it is 0; if `halfway`, after processing the first half of the
/// range.
struct intervention {
  int code = 0;
  bool halfway = false;
};

/// A watcher has `intervention before(const made_call&)`, and `void after(const made_call&)` for what was done.
template <class Base, class Watcher>
struct watched_calls : Base {
  using watcher = Watcher;

  static calls::mapping mmap(void* where, std::size_t bytes, int protection, int flags) noexcept {
    made_call c{call::mmap, static_cast<const std::byte*>(where), bytes, protection, flags};
    if (const int code = Watcher::before(c).code) return {nullptr, code};
    const calls::mapping got = Base::mmap(where, bytes, protection, flags);
    if (got.error == 0) {
      c.where = static_cast<const std::byte*>(got.address);
      Watcher::after(c);
    }
    return got;
  }
  /// As for mmap.
  static calls::mapping map_file(void* where, std::size_t bytes, int protection, int flags, int fd,
                                 std::size_t offset) noexcept
    requires requires { Base::map_file(where, bytes, protection, flags, fd, offset); }
  {
    made_call c{call::mmap, static_cast<const std::byte*>(where), bytes, protection, flags};
    if (const int code = Watcher::before(c).code) return {nullptr, code};
    const calls::mapping got = Base::map_file(where, bytes, protection, flags, fd, offset);
    if (got.error == 0) {
      c.where = static_cast<const std::byte*>(got.address);
      Watcher::after(c);
    }
    return got;
  }
  static int memory_file(const char* name, unsigned flags) noexcept
    requires requires { Base::memory_file(name, flags); }
  {
    const int code = Watcher::before({call::memfd_create}).code;
    return code != 0 ? -code : Base::memory_file(name, flags);
  }
  static int create_object(const char* name, unsigned permissions) noexcept
    requires requires { Base::create_object(name, permissions); }
  {
    const int code = Watcher::before({call::shm_open}).code;
    return code != 0 ? -code : Base::create_object(name, permissions);
  }
  static int resize_file(int fd, std::size_t bytes) noexcept
    requires requires { Base::resize_file(fd, bytes); }
  {
    const int code = Watcher::before({call::ftruncate}).code;
    return code != 0 ? code : Base::resize_file(fd, bytes);
  }
  static int munmap(void* p, std::size_t bytes) noexcept {
    return on_range(call::munmap, p, bytes, 0, [=](std::size_t n) { return Base::munmap(p, n); });
  }
  static int mprotect(void* p, std::size_t bytes, int protection) noexcept {
    return on_range(call::mprotect, p, bytes, protection,
                    [=](std::size_t n) { return Base::mprotect(p, n, protection); });
  }
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    return on_range(call::madvise, p, bytes, advice, [=](std::size_t n) { return Base::madvise(p, n, advice); });
  }
  static int mlock(const void* p, std::size_t bytes) noexcept {
    return on_range(call::mlock, p, bytes, 0, [=](std::size_t n) { return Base::mlock(p, n); });
  }
  static int mlock_on_fault(const void* p, std::size_t bytes) noexcept {
    return on_range(call::mlock_on_fault, p, bytes, 0, [=](std::size_t n) { return Base::mlock_on_fault(p, n); });
  }
  static int munlock(const void* p, std::size_t bytes) noexcept {
    return on_range(call::munlock, p, bytes, 0, [=](std::size_t n) { return Base::munlock(p, n); });
  }
  static int mbind(void* p, std::size_t bytes, int mode, const unsigned long* mask, unsigned long nodes) noexcept {
    return on_range(call::mbind, p, bytes, mode, [=](std::size_t n) { return Base::mbind(p, n, mode, mask, nodes); });
  }
  static int get_mempolicy(int* mode, unsigned long* mask, unsigned long nodes, const void* p,
                           unsigned long flags) noexcept {
    return on_range(call::get_mempolicy, p, 0, 0,
                    [=](std::size_t) { return Base::get_mempolicy(mode, mask, nodes, p, flags); });
  }
  static int mincore(void* p, std::size_t bytes, unsigned char* there) noexcept {
    return on_range(call::mincore, p, bytes, 0, [=](std::size_t n) { return Base::mincore(p, n, there); });
  }
  /// The first of the runs stands for all.
  static long advise_runs(std::span<const page_run> runs, int advice) noexcept
    requires requires { Base::advise_runs(runs, advice); }
  {
    const made_call c{call::process_madvise, runs[0].base, runs[0].bytes, advice};
    const intervention stop = Watcher::before(c);
    if (stop.halfway) return Base::advise_runs(runs.first(runs.size() / 2), advice);
    if (stop.code != 0) return -stop.code;
    const long n = Base::advise_runs(runs, advice);
    if (n >= 0) Watcher::after(c);
    return n;
  }
  template <class Run>
  static long scan_dirty_pages(int fd, std::uint64_t begin, std::uint64_t end, bool private_only, std::span<Run> found,
                               std::uint64_t& end_of_scan) noexcept {
    const made_call c{call::pagemap, reinterpret_cast<const std::byte*>(begin), end - begin};
    if (const int code = Watcher::before(c).code) return -code;
    const long n = Base::scan_dirty_pages(fd, begin, end, private_only, found, end_of_scan);
    if (n >= 0) Watcher::after(c);
    return n;
  }
  static int read_page_words(int fd, std::uint64_t begin, std::size_t page, std::span<std::uint64_t> words) noexcept {
    const made_call c{call::pagemap, reinterpret_cast<const std::byte*>(begin), words.size() * page};
    if (const int code = Watcher::before(c).code) return code;
    const int n = Base::read_page_words(fd, begin, page, words);
    if (n == 0) Watcher::after(c);
    return n;
  }
  static int name_mapping(void* p, std::size_t bytes, const char* text) noexcept {
    return on_range(call::name_mapping, p, bytes, 0, [=](std::size_t n) { return Base::name_mapping(p, n, text); });
  }
  static int mseal(void* p, std::size_t bytes) noexcept {
    return on_range(call::mseal, p, bytes, 0, [=](std::size_t n) { return Base::mseal(p, n); });
  }
  static long tag_control() noexcept
    requires requires { Base::tag_control(); }
  {
    const int code = Watcher::before({call::tag_control}).code;
    return code != 0 ? -code : Base::tag_control();
  }
  static long allocate_key() noexcept
    requires requires { Base::allocate_key(); }
  {
    const int code = Watcher::before({call::pkey_alloc}).code;
    return code != 0 ? -code : Base::allocate_key();
  }
  static int protect_with_key(void* p, std::size_t bytes, int protection, long key) noexcept
    requires requires { Base::protect_with_key(p, bytes, protection, key); }
  {
    return on_range(call::mprotect, p, bytes, protection,
                    [=](std::size_t n) { return Base::protect_with_key(p, n, protection, key); });
  }

 private:
  template <class F>
  static int on_range(call what, const void* p, std::size_t bytes, int detail, F do_it) noexcept {
    made_call c{what, static_cast<const std::byte*>(p), bytes, detail};
    const intervention stop = Watcher::before(c);
    if (stop.code != 0 && !stop.halfway) return stop.code;
    if (stop.halfway) c.bytes = align_down(bytes / 2, Base::page_bytes());
    const int code = stop.halfway && c.bytes == 0 ? 0 : do_it(c.bytes);
    if (code == 0) Watcher::after(c);
    return stop.code != 0 ? stop.code : code;
  }
};

}  // namespace quire::test
