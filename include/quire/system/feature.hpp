#pragma once
// Memory features that a machine may have beyond plain pages; quire/supports.hpp tells whether this one has them.

#include <quire/detail/enumerations.hpp>

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
  return detail::text_of(
      o, "unknown feature",
      {"huge pages", "transparent huge pages", "64 KiB folios", "NUMA placement", "memory tagging", "guard markers",
       "sealing", "locking", "populating", "mapping names", "protection keys", "dirty scan"});
}

}  // namespace quire
