// SPDX-License-Identifier: BSL-1.0
#pragma once
// The calls of Mach, each reported to a watcher first. All except mlock fail as a whole.
#include "support/fakes/watched_calls.hpp"

namespace quire::test {

template <class Base, class Watcher>
struct watched_mach_calls : Base {
  using watcher = Watcher;

  static calls::mapping vm_map(void* where, std::size_t bytes, std::size_t mask, int flags, int current, int maximum,
                               int inheritance) noexcept {
    made_call c{call::vm_map, static_cast<const std::byte*>(where), bytes, current, flags};
    if (const int code = Watcher::before(c).code) return {nullptr, code};
    const calls::mapping got = Base::vm_map(where, bytes, mask, flags, current, maximum, inheritance);
    c.where = static_cast<const std::byte*>(got.address);
    if (got.error == 0) Watcher::after(c);
    return got;
  }
  static int vm_deallocate(void* p, std::size_t bytes) noexcept {
    return on_range(call::vm_deallocate, p, bytes, 0, [=] { return Base::vm_deallocate(p, bytes); });
  }
  static int vm_protect(void* p, std::size_t bytes, int current) noexcept {
    return on_range(call::vm_protect, p, bytes, current, [=] { return Base::vm_protect(p, bytes, current); });
  }
  static int vm_inherit(void* p, std::size_t bytes, int inheritance) noexcept {
    return on_range(call::vm_inherit, p, bytes, 0, [=] { return Base::vm_inherit(p, bytes, inheritance); });
  }
  static int vm_remap_copy(void* where, std::size_t bytes, void* from, int inheritance) noexcept {
    return on_range(call::vm_remap, where, bytes, Base::prot_read,
                    [=] { return Base::vm_remap_copy(where, bytes, from, inheritance); });
  }
  static int vm_remap_shared(void* where, std::size_t bytes, void* from, int inheritance) noexcept {
    return on_range(call::vm_remap, where, bytes, Base::prot_read | Base::prot_write,
                    [=] { return Base::vm_remap_shared(where, bytes, from, inheritance); });
  }
  static int vm_purgable_control(void* p, int control, int& state) noexcept {
    return on_range(call::vm_purgable_control, p, Base::page_bytes(), 0,
                    [=, &state] { return Base::vm_purgable_control(p, control, state); });
  }
  static int vm_region(const void* p, typename Base::memory_region& found) noexcept {
    const int code = Watcher::before({call::vm_region, static_cast<const std::byte*>(p)}).code;
    return code != 0 ? code : Base::vm_region(p, found);
  }
  /// The only call that may stop halfway.
  static int mlock(const void* p, std::size_t bytes) noexcept {
    const made_call c{call::mlock, static_cast<const std::byte*>(p), bytes};
    const intervention stop = Watcher::before(c);
    if (stop.code != 0 && stop.halfway) (void)Base::mlock(p, align_down(bytes / 2, Base::page_bytes()));
    return stop.code != 0 ? stop.code : Base::mlock(p, bytes);
  }

 private:
  template <class F>
  static int on_range(call what, const void* p, std::size_t bytes, int detail, F do_it) noexcept {
    const made_call c{what, static_cast<const std::byte*>(p), bytes, detail};
    if (const int code = Watcher::before(c).code) return code;
    const int code = do_it();
    if (code == 0) Watcher::after(c);
    return code;
  }
};

}  // namespace quire::test
