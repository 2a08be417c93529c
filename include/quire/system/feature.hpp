#pragma once
// Memory features that a machine may have beyond plain pages; quire/supports.hpp tells whether this one has them.

namespace quire {

enum class memory_feature : unsigned char {
  huge_pages,              // from the pool of the system's default size
  transparent_huge_pages,  // at the first touch of a block that asks for them
  folios,                  // one fault brings 64 KiB, a WebAssembly page
  numa_placement,          // pages come from the requested node
  memory_tagging,          // checked by hardware
  guard_markers,           // pages that fault without a mapping of their own
  sealing,                 // mappings that cannot be undone
  locking,                 // pages that are never paged out
  populating,              // pages are brought in by a call, which can fail
  mapping_names,
  protection_keys,
  dirty_scan  // pages that were written to are found by one call
};

[[nodiscard]] constexpr const char* name(memory_feature o) noexcept {
  switch (o) {
    case memory_feature::huge_pages: return "huge pages";
    case memory_feature::transparent_huge_pages: return "transparent huge pages";
    case memory_feature::folios: return "64 KiB folios";
    case memory_feature::numa_placement: return "NUMA placement";
    case memory_feature::memory_tagging: return "memory tagging";
    case memory_feature::guard_markers: return "guard markers";
    case memory_feature::sealing: return "sealing";
    case memory_feature::locking: return "locking";
    case memory_feature::populating: return "populating";
    case memory_feature::mapping_names: return "mapping names";
    case memory_feature::protection_keys: return "protection keys";
    case memory_feature::dirty_scan: return "dirty scan";
  }
  return "unknown feature";
}

}  // namespace quire
