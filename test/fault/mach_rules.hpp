// SPDX-License-Identifier: BSL-1.0
#pragma once
// How Mach calls fail, and the state that they may leave when they do.
#include <initializer_list>

#include "fault/mmap_rules.hpp"

namespace quire::test {

template <class Kernel>
  requires requires { Kernel::largest_purgeable; }
struct fault_rules<Kernel> {
  static constexpr int shortage = Kernel::resource_shortage;

  static std::initializer_list<int> errors_of(const made_call& c) {
    using k = Kernel;
    // All codes of kern_return.h that concern virtual memory: Mach does not document which call returns which of them.
    static constexpr std::initializer_list<int> any{
        k::invalid_address,   k::protection_failure, k::no_space,      k::invalid_argument, k::failure,
        k::resource_shortage, k::no_access,          k::not_supported, k::codesign_error,   k::denied};
    static constexpr std::initializer_list<int> locking{k::unix_forbidden, k::unix_no_memory, k::unix_invalid,
                                                        k::unix_again};
    return c.what == call::mlock ? locking : any;
  }
  static bool may_stop_halfway(const made_call& c) { return c.what == call::mlock; }

  static bool is_inaccessible(int protection) { return protection == Kernel::prot_none; }
  static bool is_readable(int protection) { return (protection & Kernel::prot_read) != 0; }
  static void release(const address_range& r) {
    (void)Kernel::vm_deallocate(const_cast<std::byte*>(r.begin), r.bytes());
  }

  static bool step_fits(step at, const made_call& c) {
    switch (at) {
      case step::reserve: return effect_of(c) == effect::maps_anew;
      case step::commit: return c.what == call::vm_protect || c.what == call::vm_map;
      case step::lock: return c.what == call::mlock;
      case step::protect: return c.what == call::vm_protect;
      case step::decommit: return c.what == call::vm_map;
      case step::discard: return c.what == call::vm_map || c.what == call::vm_region || c.what == call::mlock;
      case step::release: return effect_of(c) == effect::unmaps;
      default: return c.what == call::vm_inherit;
    }
  }
  static bool looks_again(const made_call&, const made_call&) { return false; }
  static bool takes_contents(const made_call& c) {
    return (c.what == call::vm_map && effect_of(c) == effect::sets_access) || c.what == call::vm_remap;
  }
  static bool hides_a_limit(const made_call&) { return false; }
  static bool may_be_made_good(const made_call&, int, const circumstances& now) {
    return now.allocates && now.falls_back;
  }
};

}  // namespace quire::test
