// SPDX-License-Identifier: BSL-1.0
#pragma once
// Copies into committed pages that may not be in memory yet.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>

#include <quire/capabilities.hpp>
#include <quire/store.hpp>
#include <quire/units.hpp>

namespace quire::detail {

/// `to` begins a page. Pages that no request has populated are populated before they are written, if the store has a
/// call for that: lack of memory is then an error of the store, and not a signal. Returns 0, or the store's native code
/// when a part may be copied.
template <class S>
[[nodiscard]] int copy_contents(S& store, std::byte* to, std::span<const std::byte> contents,
                                [[maybe_unused]] const attributes& requested) noexcept {
  constexpr std::size_t chunk = std::size_t{2} << 20;
  for (std::size_t done = 0; done < contents.size(); done += chunk) {
    const std::size_t bytes = std::min(chunk, contents.size() - done);
    if constexpr (populating_store<S>)
      if (!requested.locked && !requested.wants_population())
        if (const int n = store.populate({to + done, align_up(bytes, store.page_bytes())}, requested)) return n;
    std::memcpy(to + done, contents.data() + done, bytes);
  }
  return 0;
}

}  // namespace quire::detail
