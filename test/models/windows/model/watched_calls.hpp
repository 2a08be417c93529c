// SPDX-License-Identifier: BSL-1.0
#pragma once
// The calls of Windows, each reported to a watcher first.
#include "support/fakes/watched_calls.hpp"

namespace quire::test {

template <class Base, class Watcher>
struct watched_windows_calls : Base {
  using watcher = Watcher;

  static calls::mapping virtual_alloc(void* where, std::size_t bytes, unsigned type, unsigned protection) noexcept {
    return on_alloc(where, bytes, type, protection,
                    [=] { return Base::virtual_alloc(where, bytes, type, protection); });
  }
  static calls::mapping virtual_alloc_on(unsigned node, void* where, std::size_t bytes, unsigned type,
                                         unsigned protection) noexcept {
    return on_alloc(where, bytes, type, protection,
                    [=] { return Base::virtual_alloc_on(node, where, bytes, type, protection); });
  }
  static int virtual_free(void* p, std::size_t bytes, unsigned type) noexcept {
    if (type != Base::mem_release)
      return on_range(call::virtual_free, p, bytes, 0, type,
                      [=](std::size_t n) { return Base::virtual_free(p, n, type); });
    return on_range(call::virtual_free, p, whole(p), 0, type,
                    [=](std::size_t) { return Base::virtual_free(p, bytes, type); });
  }
  static int virtual_protect(void* p, std::size_t bytes, unsigned protection) noexcept {
    return on_range(call::virtual_protect, p, bytes, protection, 0,
                    [=](std::size_t n) { return Base::virtual_protect(p, n, protection); });
  }
  static int virtual_lock(void* p, std::size_t bytes) noexcept {
    return on_range(call::virtual_lock, p, bytes, 0, 0, [=](std::size_t n) { return Base::virtual_lock(p, n); });
  }
  static int offer_virtual_memory(void* p, std::size_t bytes, unsigned priority) noexcept {
    return on_range(call::offer_virtual_memory, p, bytes, priority, 0,
                    [=](std::size_t n) { return Base::offer_virtual_memory(p, n, priority); });
  }
  static int reclaim_virtual_memory(void* p, std::size_t bytes) noexcept {
    return on_range(call::reclaim_virtual_memory, p, bytes, 0, 0,
                    [=](std::size_t n) { return Base::reclaim_virtual_memory(p, n); });
  }
  static calls::mapping virtual_alloc_over(void* where, std::size_t bytes, unsigned type,
                                           unsigned protection) noexcept {
    return on_alloc(where, bytes, type, protection,
                    [=] { return Base::virtual_alloc_over(where, bytes, type, protection); });
  }
  static int create_section(std::size_t bytes, void*& section) noexcept {
    const made_call c{call::create_file_mapping, nullptr, bytes};
    if (const int code = Watcher::before(c).code) return code;
    const int code = Base::create_section(bytes, section);
    if (code == 0) Watcher::after(c);
    return code;
  }
  static calls::mapping map_view(void* section, void* where, std::size_t offset, std::size_t bytes, unsigned type,
                                 unsigned protection) noexcept {
    return on_mapping({call::map_view_of_file, static_cast<const std::byte*>(where), bytes,
                       static_cast<int>(protection), static_cast<int>(type)},
                      [=] { return Base::map_view(section, where, offset, bytes, type, protection); });
  }
  static int unmap_view(void* p, unsigned flags) noexcept {
    return on_range(call::unmap_view_of_file, p, whole(p), 0, flags,
                    [=](std::size_t) { return Base::unmap_view(p, flags); });
  }
  static int virtual_query(const void* p, typename Base::memory_region& told) noexcept {
    const int code = Watcher::before({call::virtual_query, static_cast<const std::byte*>(p)}).code;
    return code != 0 ? code : Base::virtual_query(p, told);
  }
  static int highest_node(unsigned& node) noexcept {
    const int code = Watcher::before({call::highest_node}).code;
    return code != 0 ? code : Base::highest_node(node);
  }

 private:
  /// Returns the size of the reservation that begins at p.
  static std::size_t whole(void* p) noexcept {
    std::size_t bytes = 0;
    for (typename Base::memory_region r{};;) {
      if (Base::virtual_query(static_cast<std::byte*>(p) + bytes, r) != 0 || r.allocation != p) return bytes;
      bytes += r.bytes;
    }
  }
  template <class F>
  static calls::mapping on_alloc(void* where, std::size_t bytes, unsigned type, unsigned protection, F do_it) noexcept {
    made_call c{call::virtual_alloc, static_cast<const std::byte*>(where), bytes, static_cast<int>(protection),
                static_cast<int>(type)};
    // Reserved pages have no protection at all, not even PAGE_NOACCESS.
    if ((type & Base::mem_commit) == 0) c.detail = 0;
    return on_mapping(c, do_it);
  }
  template <class F>
  static calls::mapping on_mapping(made_call c, F do_it) noexcept {
    if (const int code = Watcher::before(c).code) return {nullptr, code};
    const calls::mapping got = do_it();
    if (got.error == 0) {
      c.where = static_cast<const std::byte*>(got.address);
      Watcher::after(c);
    }
    return got;
  }
  template <class F>
  static int on_range(call what, const void* p, std::size_t bytes, unsigned detail, unsigned flags, F do_it) noexcept {
    made_call c{what, static_cast<const std::byte*>(p), bytes, static_cast<int>(detail), static_cast<int>(flags)};
    const intervention stop = Watcher::before(c);
    if (stop.code != 0 && !stop.halfway) return stop.code;
    if (stop.halfway) c.bytes = align_down(bytes / 2, Base::page_bytes());
    const int code = stop.halfway && c.bytes == 0 ? 0 : do_it(c.bytes);
    if (code == 0) Watcher::after(c);
    return stop.code != 0 ? stop.code : code;
  }
};

}  // namespace quire::test
