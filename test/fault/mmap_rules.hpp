#pragma once
// How calls like those of Linux fail, and what may be left when they do.
#include <cerrno>
#include <string_view>
#include <sys/mman.h>

#include <quire/attributes.hpp>

#include "fault/errors_of_calls.hpp"
#include "fault/operations.hpp"
#include "support/address_ranges.hpp"
#include "support/watched_calls.hpp"

namespace quire::test {

/// What an operation was about when a call of it failed.
struct circumstances {
  std::string_view operation;
  bool allocates;
  on_failure then;
  attributes wishes;
  bool has_alternatives;
};

/// `Kernel` are calls with the names of mmap's family. A system that documents other errors derives, and says so in a
/// specialization of fault_rules.
template <class Kernel>
struct mmap_rules {
  /// A failure with this one is followed by a second one, at each later call.
  static constexpr int shortage = ENOMEM;

  static std::initializer_list<int> errors_of(const made_call& c) { return test::errors_of(c.what); }
  /// Whether it may fail when a part of its range is done.
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
      case call::madvise: return at == (populates(c) || collapses(c) ? step::populate : step::dress);
      default: return at == step::dress;
    }
  }

  /// Whether nothing had been done yet: a thread's tags are asked for first, and how much memory there is and is held,
  /// and whether tagged pages can be cleared.
  static bool asks_beforehand(const made_call& c, const circumstances& now) {
    return c.what == call::tag_control || c.what == call::mincore || hides_a_limit(c) ||
           (now.wishes.wants_hardware_tags() && populates(c) && now.operation == "discard");
  }

  /// Whether it was to tell how much there is, and no part of the operation: where the thread's memory may come from.
  static bool hides_a_limit(const made_call& c) { return c.what == call::get_mempolicy && c.where == nullptr; }

  /// Whether the operation may go well although this call failed with `code`.
  static bool may_be_made_good(const made_call& c, int code, const circumstances& now) {
    if (c.what == call::munmap && now.allocates) return true;  // trimming: address space is lost, nothing else
    if (c.what == call::mincore) return true;                  // then all pages are asked for
    if (c.what == call::get_mempolicy && (code == EPERM || code == ENOSYS)) return true;  // nobody has a policy then
    if (c.what == call::mprotect && code == ENOMEM && now.then == on_failure::broken) return now.wishes.locked;
    if (c.what == call::madvise && code == EINVAL && (populates(c) || discards_locked(c) || collapses(c)))
      return true;  // an older kernel, for which there is another way; a block without pages, next to one with some
    if (c.what == call::mprotect && c.detail == Kernel::prot_none && code == ENOMEM && now.wishes.locked)
      return true;  // the pages are given back first, and it is tried again
    return now.allocates && now.has_alternatives;
  }

 private:
  static constexpr int tagged_bit() {
    if constexpr (requires { Kernel::prot_tagged; }) return Kernel::prot_tagged;
    return 0;
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
  static bool discards_locked(const made_call& c) {
    if constexpr (requires { Kernel::advice_discard_locked; }) return c.detail == Kernel::advice_discard_locked;
    return false;
  }
  static bool takes_away(const made_call& c) {
    return c.what == call::mprotect || c.what == call::madvise || c.what == call::munlock || c.what == call::mmap ||
           c.what == call::mlock_on_fault;
  }
};

/// The rules of a system. Another family of calls specializes it.
template <class Kernel>
struct fault_rules : mmap_rules<Kernel> {};

}  // namespace quire::test
