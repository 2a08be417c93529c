#pragma once
// What a machine may offer to memory beyond plain pages: quire/supports.hpp tells whether this one does.

#include <quire/detail/enumerations.hpp>

namespace quire {

enum class memory_feature : unsigned char {
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

[[nodiscard]] constexpr const char* name(memory_feature o) noexcept {
  return detail::text_of(
      o, "unknown optimization",
      {"huge pages", "transparent huge pages", "64 KiB folios", "NUMA placement", "memory tagging", "guard markers",
       "sealing", "locking", "populating", "mapping names", "protection keys", "dirty scan"});
}

}  // namespace quire
