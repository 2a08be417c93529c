#pragma once
// What the modelled system refuses of parts that placeholders and views made, and what sections are charged.
#include <cstddef>
#include <cstdint>

#include "models/windows/model/allocations.hpp"

namespace quire::test {

/// Neither placeholders nor views can be committed and decommitted.
[[nodiscard]] inline bool may_be_committed(const windows_allocation& a) {
  return a.part == windows_part::ordinary || a.part == windows_part::in_place_of_one;
}
/// A view takes only what is compatible with how it was mapped: one that copies cannot be written to in place, and
/// nothing else copies.
[[nodiscard]] inline bool suits_part(const windows_allocation& a, unsigned protection) {
  using model = windows_model;
  if (protection == model::page_no_access || protection == model::page_read_only) return true;
  if (a.part == windows_part::copying_view) return protection == model::page_write_copy;
  if (a.part == windows_part::shared_view) return protection == model::page_read_write;
  return protection != model::page_write_copy;
}
/// VirtualFree(MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER): splits a placeholder, or leaves one where private pages were.
int leave_placeholder(void* p, std::size_t bytes) noexcept;

/// Bytes of sections that are open or viewed, and bytes of views that share them and are charged there.
std::uint64_t section_bytes() noexcept;
std::uint64_t shared_bytes() noexcept;

}  // namespace quire::test
