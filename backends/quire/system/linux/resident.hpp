// SPDX-License-Identifier: BSL-1.0
#pragma once
// Which pages of a run are resident.
#include <algorithm>
#include <cstddef>
#include <optional>

namespace quire::detail {

/// Bytes of resident pages, counted with mincore: one call per 1024 pages. Pages that were only read, or are shared
/// since a fork, count like others. Unknown if the system does not report them.
template <class Calls>
[[nodiscard]] std::optional<std::size_t> resident_bytes(std::byte* begin, std::size_t bytes) noexcept {
  constexpr std::size_t most = 1024;
  const std::size_t page = Calls::page_bytes();
  unsigned char there[most]{};
  std::size_t pages = 0;
  for (std::size_t done = 0; done < bytes; done += most * page) {
    const std::size_t part = std::min(bytes - done, most * page);
    if (Calls::mincore(begin + done, part, there) != 0) return std::nullopt;
    for (std::size_t i = 0; i * page < part; ++i) pages += there[i] & 1U;
  }
  return pages * page;
}

}  // namespace quire::detail
