// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory features that a machine may have beyond plain pages, and what is known of each. quire/supports.hpp tries one,
// quire/detect.hpp all but those of larger pages.
#include <array>
#include <cstddef>

#include <quire/detail/enumerations.hpp>
#include <quire/system/reading.hpp>

namespace quire {

/// What a system may offer for memory beyond plain pages.
enum class memory_feature : unsigned char {
  discard,              // MADV_DONTNEED: contents become zero at once
  discard_locked,       // the same for locked pages
  populate,             // pages are brought in by a call that can fail
  guard_markers,        // faulting pages without a mapping of their own
  sealing,              // mappings that cannot be undone
  locking,              // pages that stay in memory
  mapping_names,        // for tools to read
  placement,            // NUMA policies
  weighted_interleave,  // one of these policies
  page_location,        // on which node a page lies
  memory_tags,          // checked by hardware
  protection_keys,      // a thread holds the keys of the pages that it may touch
  pagemap,              // the state of the process's own pages can be read
  dirty_scan,           // pages that were written to are found by one call
  soft_dirty,           // the same by a bit in the pagemap
  // Larger pages come last: quire::detect reports on them in `huge_pages`, with more detail.
  huge_pages,              // from the pool of the system's default size
  transparent_huge_pages,  // at the first touch of a block that asks for them
  folios                   // one fault brings 64 KiB, a WebAssembly page
};

/// The spelling of the enumerator, by which quire-doctor too names the feature.
[[nodiscard]] constexpr const char* name(memory_feature f) noexcept {
  return detail::text_of(
      f, "unknown feature",
      {"discard", "discard_locked", "populate", "guard_markers", "sealing", "locking", "mapping_names", "placement",
       "weighted_interleave", "page_location", "memory_tags", "protection_keys", "pagemap", "dirty_scan", "soft_dirty",
       "huge_pages", "transparent_huge_pages", "folios"});
}

/// The features that quire::detect tries.
inline constexpr auto detected_features = [] {
  std::array<memory_feature, static_cast<std::size_t>(memory_feature::huge_pages)> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<memory_feature>(i);
  return all;
}();

/// The source of `usable` is the call whose effect was checked.
struct feature {
  reading<bool> usable;
  int refusal = 0;  // the native code, if the system refused
};

/// What is known of each feature; nothing of those that were not tried.
class feature_facts {
 public:
  [[nodiscard]] constexpr feature& operator[](memory_feature f) noexcept { return all_[static_cast<std::size_t>(f)]; }
  [[nodiscard]] constexpr const feature& operator[](memory_feature f) const noexcept {
    return all_[static_cast<std::size_t>(f)];
  }

 private:
  std::array<feature, static_cast<std::size_t>(memory_feature::folios) + 1> all_;
};

}  // namespace quire
