// SPDX-License-Identifier: BSL-1.0
#pragma once
// How Windows calls fail, and the state that they may leave when they do.
#include <initializer_list>

#include "fault/mmap_rules.hpp"

namespace quire::test {

template <class Kernel>
  requires requires { Kernel::mem_commit; }
struct fault_rules<Kernel> {
  static constexpr int shortage = Kernel::commitment_limit;
  // Releases the mapping of an image's granule, or splits a placeholder.
  static constexpr unsigned cutting = Kernel::mem_release | Kernel::mem_preserve_placeholder;

  static std::initializer_list<int> errors_of(const made_call& c) {
    using k = Kernel;
    static constexpr std::initializer_list<int> allocating{k::not_enough_memory, k::invalid_parameter,
                                                           k::invalid_address,   k::no_system_resources,
                                                           k::pagefile_quota,    k::commitment_limit};
    static constexpr std::initializer_list<int> freeing{k::invalid_parameter, k::invalid_address, k::commitment_limit};
    static constexpr std::initializer_list<int> protecting{k::access_denied, k::invalid_parameter, k::invalid_address,
                                                           k::commitment_limit};
    static constexpr std::initializer_list<int> locking{k::not_enough_memory, k::invalid_address, k::no_access,
                                                        k::working_set_quota, k::commitment_limit};
    static constexpr std::initializer_list<int> asking{k::invalid_parameter, k::commitment_limit};
    static constexpr std::initializer_list<int> mapping{k::not_enough_memory, k::access_denied, k::invalid_parameter,
                                                        k::invalid_address, k::commitment_limit};
    switch (c.what) {
      case call::map_view_of_file:
      case call::create_file_mapping: return mapping;
      case call::unmap_view_of_file: return freeing;
      case call::virtual_alloc: return allocating;
      case call::virtual_free: return freeing;
      case call::virtual_protect: return protecting;
      case call::virtual_lock: return locking;
      default: return asking;
    }
  }
  /// Only VirtualAlloc documents that a failure changes nothing. MEM_RELEASE takes whole reservations.
  static bool may_stop_halfway(const made_call& c) {
    if (c.what == call::virtual_free) return static_cast<unsigned>(c.flags) == Kernel::mem_decommit;
    return c.what == call::virtual_protect || c.what == call::virtual_lock;
  }

  static bool is_inaccessible(int protection) {
    return protection == 0 || static_cast<unsigned>(protection) == Kernel::page_no_access;
  }
  static bool is_readable(int protection) {
    const auto p = static_cast<unsigned>(protection);
    return p == Kernel::page_read_only || p == Kernel::page_read_write || p == Kernel::page_write_copy;
  }
  static void release(const address_range& r) {
    (void)Kernel::virtual_free(const_cast<std::byte*>(r.begin), 0, Kernel::mem_release);
  }

  static bool step_fits(step at, const made_call& c) {
    const auto flags = static_cast<unsigned>(c.flags);
    switch (at) {
      case step::reserve:
        return effect_of(c) == effect::maps_anew || effect_of(c) == effect::unmaps || c.what == call::highest_node;
      case step::commit:
        return c.what == call::map_view_of_file ||
               (c.what == call::virtual_alloc && effect_of(c) == effect::sets_access) ||
               (c.what == call::virtual_free && flags == cutting);
      case step::lock: return c.what == call::virtual_lock;
      case step::protect: return c.what == call::virtual_protect || c.what == call::virtual_lock;
      case step::decommit:
        return c.what == call::unmap_view_of_file ||
               (c.what == call::virtual_free && (flags == Kernel::mem_decommit || flags == cutting));
      case step::discard: return effect_of(c) == effect::sets_access || effect_of(c) == effect::uses;
      case step::release: return effect_of(c) == effect::unmaps;
      default: return false;
    }
  }

  static bool looks_again(const made_call&, const made_call&) { return false; }
  static bool takes_contents(const made_call& c) {
    const auto flags = static_cast<unsigned>(c.flags);
    return c.what == call::unmap_view_of_file ||
           (c.what == call::virtual_free && (flags == Kernel::mem_decommit || flags == cutting));
  }
  static bool hides_a_limit(const made_call&) { return false; }
  /// An address aligned beyond the system's own alignment may be taken by another thread: the store then looks for
  /// another.
  static bool may_be_made_good(const made_call& c, int code, const circumstances& now) {
    if (now.allocates && effect_of(c) == effect::maps_anew && c.where != nullptr)
      return code == Kernel::invalid_address;
    return now.allocates && now.falls_back;
  }
};

}  // namespace quire::test
