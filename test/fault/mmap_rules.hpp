#pragma once
// How calls like those of Linux fail, and what may be left when they do.
#include <cerrno>
#include <string_view>
#include <sys/mman.h>

#include <quire/policy/attributes.hpp>

#include "fault/errors_of_calls.hpp"
#include "fault/operations.hpp"
#include "support/address_ranges.hpp"
#include "support/fakes/watched_calls.hpp"

namespace quire::test {

/// What an operation was about when a call of it failed.
struct circumstances {
  std::string_view operation;
  bool allocates;
  on_failure then;
  attributes requested;
  bool has_alternatives;
};

/// `Kernel` are calls with the names of mmap's family. A system that documents other errors derives, and says so in a
/// specialization of fault_rules.
template <class Kernel>
struct mmap_rules {
  /// A failure with this one is followed by a second one, at each later call.
  static constexpr int shortage = ENOMEM;

  static std::initializer_list<int> errors_of(const made_call& c) {
    static constexpr std::initializer_list<int> but_invalid = {ENOMEM, EACCES, EPERM, EFAULT, EAGAIN};
    return says_whether_a_page_can_be_read(c) ? but_invalid : test::errors_of(c.what);
  }
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
      case call::madvise:
        if (at == step::commit) return populates(c);  // a pool's pages, which a reset takes again where it opens them
        return at == (populates(c) || collapses(c) ? step::populate : step::configure);
      default: return at == step::configure;
    }
  }

  /// Whether the second call asks if the first one had begun: no system refuses that after it has granted it.
  static bool looks_again(const made_call& first, const made_call& second) {
    return second.what == call::madvise && discards(second) && second.where == first.where &&
           first.what == call::madvise && second.detail == first.detail && second.bytes < first.bytes;
  }

  /// Whether it leaves nothing of what its range held.
  static bool takes_contents(const made_call& c) {
    if (c.what == call::mmap) return (c.flags & Kernel::map_fixed) != 0;
    return c.what == call::madvise && discards(c);
  }

  /// Whether it was to tell how much there is, and no part of the operation: where the thread's memory may come from.
  static bool hides_a_limit(const made_call& c) { return c.what == call::get_mempolicy && c.where == nullptr; }

  /// Whether the operation may go well although this call failed with `code`.
  static bool may_be_made_good(const made_call& c, int code, const circumstances& now) {
    if (c.what == call::munmap && now.allocates) return true;  // trimming: address space is lost, nothing else
    if (c.what == call::mincore) return true;                  // then all pages are asked for
    if (c.what == call::get_mempolicy && (code == EPERM || code == ENOSYS)) return true;  // nobody has a policy then
    if (c.what == call::madvise && code == EINVAL && (populates(c) || discards(c) || collapses(c)))
      return true;  // an older kernel, or locked pages, for which there is another way; a block without pages
    if (now.then == on_failure::contents_at_risk && (gives_back_otherwise(c) || tries_to_configure(c))) return true;
    return now.allocates && now.has_alternatives;
  }

 private:
  static constexpr int tagged_bit() {
    if constexpr (requires { Kernel::prot_tagged; }) return Kernel::prot_tagged;
    return 0;
  }
  /// EINVAL is then the kernel's statement that the page is inaccessible, and no failure.
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
  /// Pages that cannot be configured again are not mapped anew.
  static bool tries_to_configure(const made_call& c) {
    if constexpr (!requires { Kernel::advice_discard_locked; }) return false;
    return c.what == call::mbind || c.what == call::get_mempolicy || c.what == call::name_mapping ||
           (c.what == call::madvise && !discards(c) && !populates(c) && !collapses(c));
  }
  /// Pages are mapped anew, or made inaccessible and emptied: the one where the other is refused.
  static bool gives_back_otherwise(const made_call& c) {
    if constexpr (requires { Kernel::advice_discard_locked; })
      return c.what == call::mmap || c.what == call::mprotect || c.what == call::munlock ||
             (c.what == call::madvise && (discards(c) || populates(c)));
    return c.what == call::mprotect;  // a part is opened for a reset with all of it
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
