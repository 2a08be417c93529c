// SPDX-License-Identifier: BSL-1.0
#pragma once
// The cause of a memory fault in terms of memories, independent of how the system reports it.
#include <cstddef>

#include <quire/detail/enumerations.hpp>
#include <quire/tags.hpp>

namespace quire {

/// Why an access faulted, seen from the memories that were asked.
enum class fault_cause : unsigned char {
  unrelated,          // none of the following: elsewhere, misaligned, or no memory fault at all
  guard,              // before a memory, or beyond its largest possible extent
  uncommitted,        // beyond the accessible end, within the reserved bytes
  access,             // in the memory, of a kind that its protection forbids
  no_page,            // in the memory, but the system has no page: it was unmapped, or could not be brought in
  protection_key,     // refused by a protection key that this thread does not hold
  tag_mismatch,       // the tags of the pointer and the memory differ
  tag_mismatch_late,  // the same, but detected after the access: its address is no longer known
};

[[nodiscard]] constexpr const char* name(fault_cause c) noexcept {
  return detail::text_of(c, "unknown cause",
                         {"unrelated", "guard", "uncommitted", "access", "no page", "protection key", "tag mismatch",
                          "tag mismatch, found late"});
}

/// What classify_fault found out.
struct fault_report {
  /// The index if the address belongs to none of them.
  static constexpr std::size_t no_memory = static_cast<std::size_t>(-1);

  fault_cause cause = fault_cause::unrelated;
  const void* address = nullptr;   // without a tag; null if the system does not report it
  unsigned tag = no_tag;           // of the pointer, if the system reports it
  std::size_t memory = no_memory;  // index, from 0, of the given memory to which the address belongs, guards included

  friend constexpr bool operator==(const fault_report&, const fault_report&) = default;
};

}  // namespace quire
