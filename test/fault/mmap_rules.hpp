// SPDX-License-Identifier: BSL-1.0
#pragma once
// How calls of the mmap family fail, and the state that they may leave when they do.
#include <cerrno>
#include <string_view>
#include <sys/mman.h>

#include <quire/policy/attributes.hpp>

#include "fault/errors_of_calls.hpp"
#include "fault/operations.hpp"
#include "support/address_ranges.hpp"
#include "support/fakes/watched_calls.hpp"

namespace quire::test {

/// The context in which a call of an operation failed.
struct circumstances {
  std::string_view operation;
  bool allocates;
  on_failure then;
  attributes requested;
  bool falls_back;
};

/// `Kernel` provides calls named as in the mmap family. For a system that documents other errors, derive from this and
/// specialize fault_rules.
template <class Kernel>
struct mmap_rules {
  /// After a failure with this code, each later call is made to fail as well, one at a time.
  static constexpr int shortage = ENOMEM;

  static std::initializer_list<int> errors_of(const made_call& c) {
    static constexpr std::initializer_list<int> but_invalid = {ENOMEM, EACCES, EPERM, EFAULT, EAGAIN};
    return says_whether_a_page_can_be_read(c) ? but_invalid : test::errors_of(c.what);
  }
  /// Whether the call may fail after changing part of its range.
  static bool may_stop_halfway(const made_call& c) { return test::may_stop_halfway(c.what); }

  static bool is_inaccessible(int protection) { return (protection & ~tagged_bit()) == Kernel::prot_none; }
  static bool is_readable(int protection) {
    const int p = protection & ~tagged_bit();
    return p == Kernel::prot_read || p == (Kernel::prot_read | Kernel::prot_write);
  }
  static void release(const address_range& r) { Kernel::munmap(const_cast<std::byte*>(r.begin), r.bytes()); }

  static bool step_fits(step at, const made_call& c) {
    if (at == step::discard || at == step::decommit) return takes_away(c);
    if (at == step::protect) return c.what == call::mprotect || populates(c);
    switch (c.what) {
      case call::mmap: return at == ((c.flags & Kernel::map_fixed) != 0 ? step::commit : step::reserve);
      case call::munmap: return at == step::reserve || at == step::release;
      case call::mprotect: return at == step::commit;
      case call::mlock: return at == step::lock;
      case call::tag_control: return at == step::tag;
      case call::madvise:
        if (at == step::commit) return populates(c);  // pages of a pool, which reset populates again when it opens them
        return at == (populates(c) || collapses(c) ? step::populate : step::configure);
      default: return at == step::configure;
    }
  }

  /// Whether the second call tests if the first one had begun: no system refuses that after it has granted it.
  static bool looks_again(const made_call& first, const made_call& second) {
    return second.what == call::madvise && discards(second) && second.where == first.where &&
           first.what == call::madvise && second.detail == first.detail && second.bytes < first.bytes;
  }

  /// Whether the call discards all contents of its range.
  static bool takes_contents(const made_call& c) {
    if (c.what == call::mmap) return (c.flags & Kernel::map_fixed) != 0;
    return c.what == call::madvise && discards(c);
  }

  /// Whether the call only determines a limit, here the nodes that the thread may allocate from, and changes nothing.
  static bool hides_a_limit(const made_call& c) { return c.what == call::get_mempolicy && c.where == nullptr; }

  /// Whether the operation may succeed although this call failed with `code`.
  static bool may_be_made_good(const made_call& c, int code, const circumstances& now) {
    if (c.what == call::munmap && now.allocates) return true;  // trimming failed: only address space is lost
    if (c.what == call::mincore) return true;                  // all pages then count as absent
    if (c.what == call::pagemap) return true;                  // memory is then given back
    // The thread then has no policy.
    if (c.what == call::get_mempolicy && (code == EPERM || code == ENOSYS)) return true;
    if (c.what == call::madvise && code == EINVAL && (populates(c) || discards(c) || collapses(c)))
      return true;  // an older kernel, locked pages, or a block without pages: the store has another way
    if (now.then == on_failure::contents_at_risk && (gives_back_otherwise(c) || tries_to_configure(c))) return true;
    return now.allocates && now.falls_back;
  }

 private:
  static constexpr int tagged_bit() {
    if constexpr (requires { Kernel::prot_tagged; }) return Kernel::prot_tagged;
    return 0;
  }
  /// For this call, EINVAL is the kernel's answer that the page is inaccessible, not a failure.
  static bool says_whether_a_page_can_be_read(const made_call& c) {
    if constexpr (requires { Kernel::advice_populate_read; })
      return c.what == call::madvise && c.detail == Kernel::advice_populate_read && c.bytes == Kernel::page_bytes();
    return false;
  }
  static bool populates(const made_call& c) {
    if constexpr (requires { Kernel::advice_populate_write; })
      return c.detail == Kernel::advice_populate_write || c.detail == Kernel::advice_populate_read;
    return false;
  }
  static bool collapses(const made_call& c) {
    if constexpr (requires { Kernel::advice_collapse; }) return c.detail == Kernel::advice_collapse;
    return false;
  }
  static bool discards(const made_call& c) {
    if constexpr (requires { Kernel::advice_discard_locked; })
      if (c.detail == Kernel::advice_discard_locked) return true;
    if constexpr (requires { Kernel::advice_discard; }) return c.detail == Kernel::advice_discard;
    return false;
  }
  /// If pages cannot be configured again, the store does not map them anew.
  static bool tries_to_configure(const made_call& c) {
    if constexpr (!requires { Kernel::advice_discard_locked; }) return false;
    return c.what == call::mbind || c.what == call::get_mempolicy || c.what == call::name_mapping ||
           (c.what == call::madvise && !discards(c) && !populates(c) && !collapses(c));
  }
  /// The store maps pages anew, or makes them inaccessible and empties them; it does the one if the other is refused.
  static bool gives_back_otherwise(const made_call& c) {
    if constexpr (requires { Kernel::advice_discard_locked; })
      return c.what == call::mmap || c.what == call::mprotect || c.what == call::munlock ||
             (c.what == call::madvise && (discards(c) || populates(c)));
    return c.what == call::mprotect;  // reset may open a part together with the whole
  }
  static bool takes_away(const made_call& c) {
    return c.what == call::mprotect || c.what == call::madvise || c.what == call::munlock || c.what == call::mmap ||
           c.what == call::mlock_on_fault;
  }
};

/// The rules of one system; specialized for other families of calls.
template <class Kernel>
struct fault_rules : mmap_rules<Kernel> {};

}  // namespace quire::test
