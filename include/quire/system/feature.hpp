#pragma once
// What a machine may offer to memory beyond plain pages: quire/supports.hpp tells whether this one does.

namespace quire {

enum class memory_optimization : unsigned char {
  huge_pages,              // from the pool of the size that the system takes where none is said
  transparent_huge_pages,  // at the first touch of a block that asks for them
  folios,                  // one fault brings 64 KiB, a WebAssembly page
  numa_placement,          // pages come from the node that is asked for
  memory_tagging,          // checked by hardware
  guard_markers,           // pages that fault without a mapping of their own
  sealing,                 // mappings that nobody can undo
  locking,                 // pages that are never paged out
  populating,              // pages that are brought in by a call, which can fail
  mapping_names,
  protection_keys,
  dirty_scan  // pages that were written to are found by one call
};

[[nodiscard]] constexpr const char* name(memory_optimization o) noexcept {
  switch (o) {
    case memory_optimization::huge_pages: return "huge pages";
    case memory_optimization::transparent_huge_pages: return "transparent huge pages";
    case memory_optimization::folios: return "64 KiB folios";
    case memory_optimization::numa_placement: return "NUMA placement";
    case memory_optimization::memory_tagging: return "memory tagging";
    case memory_optimization::guard_markers: return "guard markers";
    case memory_optimization::sealing: return "sealing";
    case memory_optimization::locking: return "locking";
    case memory_optimization::populating: return "populating";
    case memory_optimization::mapping_names: return "mapping names";
    case memory_optimization::protection_keys: return "protection keys";
    case memory_optimization::dirty_scan: return "dirty scan";
  }
  return "unknown optimization";
}

}  // namespace quire
