#pragma once
// How a pool keeps the inaccessible pages of its slots from being touched.

namespace quire::bounds {

/// They are uncommitted: any layout, and up to two mappings for each slot that was ever in use.
struct uncommitted {
  static constexpr bool marks = false, seals = false;
};
/// They carry guard markers: one mapping for all slots of an arena, which is committed as a whole. For small guards
/// between many small slots, since each page of a guard costs time and a part of a page table. Linux before 6.13 has no
/// markers; there they are made inaccessible, with as many mappings as uncommitted pages. Locked pages take no markers:
/// a pool that is opened after mlockall does without them too, and pages that are locked later lose that when they
/// become inaccessible, at the cost of two mappings, for which the pool has left no room.
struct guard_markers {
  static constexpr bool marks = true, seals = false;
};
/// As guard_markers, and no call of the process unmaps, moves, covers or protects pages of the arenas any more (Linux
/// 6.10: mseal). What mseal permits, and the pool itself does, remains: madvise can discard contents and remove
/// markers, so a process that runs code it does not trust filters that call. `protect` is `not_permitted`. When the
/// pool is closed, memory is given back, but the address space belongs to the arenas until the process ends. A kernel
/// without seals or markers does not open such a pool (`not_supported`). The pool's own records are not sealed.
struct sealed_guard_markers {
  static constexpr bool marks = true, seals = true;
};

}  // namespace quire::bounds
