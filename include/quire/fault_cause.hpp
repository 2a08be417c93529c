#pragma once
// What a fault was about, in the words of memories, whatever the system calls it.
#include <cstddef>

#include <quire/detail/enumerations.hpp>
#include <quire/tags.hpp>

namespace quire {

enum class fault_cause : unsigned char {
  unrelated,          // none of what follows: elsewhere, misaligned, or no fault of memory at all
  guard,              // before a memory, or after all that it may become
  uncommitted,        // beyond the accessible end, in what is reserved
  access,             // in the memory, of a kind that its protection refuses
  no_page,            // in the memory, where the system has no page: unmapped by others, or it could not bring one
  protection_key,     // refused by a key that this thread does not hold
  tag_mismatch,       // the pointer has another tag than the memory
  tag_mismatch_late,  // likewise, but found after the access: the system no longer knows where
};

[[nodiscard]] constexpr const char* name(fault_cause c) noexcept {
  return detail::text_of(c, "unknown cause",
                         {"unrelated", "guard", "uncommitted", "access", "no page", "protection key", "tag mismatch",
                          "tag mismatch, found late"});
}

struct fault_report {
  static constexpr std::size_t no_memory = static_cast<std::size_t>(-1);

  fault_cause cause = fault_cause::unrelated;
  const void* address = nullptr;   // without a tag; null where the system does not tell
  unsigned tag = no_tag;           // of the pointer, where the system tells
  std::size_t memory = no_memory;  // which of those asked the address belongs to, guards and all; from 0

  friend constexpr bool operator==(const fault_report&, const fault_report&) = default;
};

}  // namespace quire
