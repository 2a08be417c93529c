// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the modelled system refuses on parts made from placeholders and views, and what it charges for sections.
#include <cstddef>
#include <cstdint>

#include "models/windows/model/allocations.hpp"

namespace quire::test {

/// Placeholders and views can be neither committed nor decommitted.
[[nodiscard]] inline bool may_be_committed(const windows_allocation& a) {
  return a.part == windows_part::ordinary || a.part == windows_part::in_place_of_one;
}
/// A view accepts only protections compatible with its mapping: a copy-on-write view cannot become writable in place,
/// and no other part can become copy-on-write.
[[nodiscard]] inline bool suits_part(const windows_allocation& a, unsigned protection) {
  using model = windows_model;
  if (protection == model::page_no_access || protection == model::page_read_only) return true;
  if (a.part == windows_part::copying_view) return protection == model::page_write_copy;
  if (a.part == windows_part::shared_view) return protection == model::page_read_write;
  return protection != model::page_write_copy;
}
/// VirtualFree(MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER): splits a placeholder, or replaces private pages by one.
int leave_placeholder(void* p, std::size_t bytes) noexcept;

/// Bytes of sections that are open or viewed; bytes of views that share them and are therefore charged there.
std::uint64_t section_bytes() noexcept;
std::uint64_t shared_bytes() noexcept;

}  // namespace quire::test
