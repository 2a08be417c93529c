// SPDX-License-Identifier: BSL-1.0
#pragma once
// How a pool keeps the inaccessible pages of its slots from being touched.
//
// | member | meaning |
// |---|---|
// | `marks` | whether inaccessible pages carry guard markers |
// | `seals` | whether the arenas are sealed |
// | `stripes` | how many protection keys a pool may take; 0: none |

namespace quire::bounds {

/// They are uncommitted: any layout, and up to two mappings for each slot that was ever in use.
struct uncommitted {
  static constexpr bool marks = false, seals = false;
  static constexpr unsigned stripes = 0;
};
/// They carry guard markers: one mapping for all slots of an arena, which is committed as a whole. For small guards
/// between many small slots, since each page of a guard costs time and a part of a page table. Linux before 6.13 has no
/// markers; there they are made inaccessible, with as many mappings as uncommitted pages. Locked pages take no markers:
/// a pool that is opened after mlockall does without them too, and pages that are locked later lose that when they
/// become inaccessible, at the cost of two mappings, for which the pool has left no room.
struct guard_markers {
  static constexpr bool marks = true, seals = false;
  static constexpr unsigned stripes = 0;
};
/// As guard_markers, and no call of the process unmaps, moves, covers or protects pages of the arenas any more (Linux
/// 6.10: mseal). What mseal permits, and the pool itself does, remains: madvise can discard contents and remove
/// markers, so a process that runs code it does not trust filters that call. `protect` is `not_permitted`. When the
/// pool is closed, memory is given back, but the address space belongs to the arenas until the process ends. A kernel
/// without seals or markers does not open such a pool (`not_supported`). The pool's own records are sealed as well, but
/// stay writable.
struct sealed_guard_markers {
  static constexpr bool marks = true, seals = true;
  static constexpr unsigned stripes = 0;
};
/// They are uncommitted, or carry a protection key that the thread does not hold: neighbouring slots get different
/// keys, so that a slot lies in what its neighbours reserve (x86 with PKU, POWER). With n keys up to n times as many
/// slots fit into the address space; none is lost to guards. A pool takes as many keys as shorten the distance of its
/// slots, at most `Most`, and returns them when it is closed; a process has 15 of its own on x86, all pools together.
///
/// A thread may touch pages of a memory only inside `pool::enter(memory)`, and in there no page of another: that alone
/// keeps the contract's bounds, with SEGV_PKUERR beside SEGV_ACCERR. What the library itself does needs no scope. The
/// kernel's accesses for the thread (read, write) count as the thread's: EFAULT. Signal handlers begin without keys,
/// and so does what they jump to (siglongjmp); a new thread begins with those that its creator held. Code that can
/// execute WRPKRU can enter any memory.
template <unsigned Most = 15>
struct key_stripes {
  static_assert(Most >= 2 && Most <= 31, "quire: key_stripes needs two keys or more, and no system has more than 31");
  static constexpr bool marks = false, seals = false;
  static constexpr unsigned stripes = Most;
};

}  // namespace quire::bounds
