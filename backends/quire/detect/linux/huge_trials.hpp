// SPDX-License-Identifier: BSL-1.0
#pragma once
// Whether huge pages are allocated, determined by touching one page and checking which others became resident with it.
#include <cstddef>
#include <cstdint>
#include <optional>

#include <quire/detect/probe_pages.hpp>
#include <quire/system/platform_capabilities.hpp>

namespace quire::detail {

/// Bytes that one touch makes resident in a 64 KiB block if folios of its size are requested. Larger ones do not fit
/// it.
template <class Calls>
[[nodiscard]] std::optional<std::uint64_t> bytes_of_first_touch() noexcept {
  constexpr std::size_t block = std::size_t{64} << 10;
  const probe_pages<Calls> memory(block, block);
  if (memory.error() != 0) return std::nullopt;
  const int n = Calls::madvise(memory.base(), block, Calls::advice_huge);
  if (n != 0 && n != Calls::invalid) return std::nullopt;  // EINVAL: a kernel without them
  memory.touch();
  const auto pages = memory.pages_there(0, block);
  return pages ? std::optional(std::uint64_t{*pages} * Calls::page_bytes()) : std::nullopt;
}

/// Whether an untouched page became resident with another page of its block, in which case the whole block did.
template <class Calls>
[[nodiscard]] std::optional<bool> came_as_one(const probe_pages<Calls>& memory, std::size_t block) noexcept {
  const std::size_t page = Calls::page_bytes();
  const auto last = memory.pages_there(block - page, page);
  return last ? std::optional(*last == 1) : std::nullopt;
}

template <class Calls>
[[nodiscard]] std::optional<bool> comes_when_touched(std::size_t block) noexcept {
  const probe_pages<Calls> memory(block, block);
  if (memory.error() != 0) return std::nullopt;
  if (const int n = Calls::madvise(memory.base(), block, Calls::advice_huge))
    return n == Calls::invalid ? std::optional(false) : std::nullopt;
  memory.touch();
  return came_as_one(memory, block);
}

/// The block is touched while only half of it is accessible, so that the touch alone cannot bring in a huge page.
template <class Calls>
[[nodiscard]] std::optional<bool> comes_when_collapsed(std::size_t block) noexcept {
  constexpr int usable = Calls::prot_read | Calls::prot_write;
  const probe_pages<Calls> memory(block, block);
  if (memory.error() != 0) return std::nullopt;
  if (Calls::mprotect(memory.base(), block, Calls::prot_none) != 0) return std::nullopt;
  if (Calls::mprotect(memory.base(), block / 2, usable) != 0) return std::nullopt;
  memory.touch();
  if (Calls::mprotect(memory.base(), block, usable) != 0) return std::nullopt;
  if (const int n = Calls::madvise(memory.base(), block, Calls::advice_collapse))
    return n == Calls::invalid ? std::optional(false) : std::nullopt;
  return came_as_one(memory, block);
}

/// Whether a huge page of this size may be probed. One so large that clearing it would take a second is not (512 MiB
/// with base pages of 64 KiB).
template <class Calls>
[[nodiscard]] constexpr bool may_be_probed(std::uint64_t huge_bytes) noexcept {
  return huge_bytes >= 2 * Calls::largest_page && huge_bytes <= std::uint64_t{32} << 20;
}

/// Touches two blocks.
template <class Calls>
void try_blocks(huge_page_facts& facts) noexcept {
  if (!facts.block_bytes.known() || !may_be_probed<Calls>(facts.block_bytes.value())) return;
  const auto block = static_cast<std::size_t>(facts.block_bytes.value());
  facts.come_when_touched = {comes_when_touched<Calls>(block), facts.come_when_touched.source()};
  facts.come_when_collapsed = {comes_when_collapsed<Calls>(block), facts.come_when_collapsed.source()};
}

}  // namespace quire::detail
