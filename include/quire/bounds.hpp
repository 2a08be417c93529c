#pragma once
// How a pool keeps the inaccessible pages of its slots from being touched.

namespace quire::bounds {

/// They are uncommitted: any layout, and up to two mappings for each slot that was ever in use.
struct uncommitted {
  static constexpr bool marks = false, seals = false;
};
/// They carry guard markers: one mapping for all slots of an arena, which is committed as a whole. For small guards
/// between many small slots, since each page of a guard costs time and a part of a page table. Linux before 6.13 has no
/// markers; there they are made inaccessible, with as many mappings as uncommitted pages.
struct guard_markers {
  static constexpr bool marks = true, seals = false;
};
/// As guard_markers, and no code of the process can unmap, move or protect the arenas any more (Linux 6.10: mseal): a
/// stray call, or a guest that got hold of one, takes no guard or slot away. `protect` is `not_permitted`. When the
/// pool is closed, memory is given back, but the address space belongs to the arenas until the process ends. A kernel
/// without seals or markers does not open such a pool (`not_supported`).
struct sealed_guard_markers {
  static constexpr bool marks = true, seals = true;
};

}  // namespace quire::bounds
