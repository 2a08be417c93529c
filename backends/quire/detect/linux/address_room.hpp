// SPDX-License-Identifier: BSL-1.0
#pragma once
// How many reservations fit between the mappings of this process.
#include <cstdint>
#include <string_view>

#include <quire/detect/linux/addresses.hpp>
#include <quire/system/linux/proc_values.hpp>
#include <quire/system/linux/smaps.hpp>
#include <quire/system/text/line_reader.hpp>

namespace quire::detail {

/// Counts the reservations of `bytes` bytes each that fit below the highest default address. Unknown if mappings are
/// hidden.
template <linux_calls Calls>
[[nodiscard]] optional_count reservations_that_fit(std::uint64_t bytes) noexcept {
  const auto bits = default_address_bits<Calls>();
  if (bytes == 0 || !bits || *bits >= 64) return std::nullopt;
  constexpr std::uint64_t least_address = 65536;  // the usual vm.mmap_min_addr
  const std::uint64_t beyond = std::uint64_t{1} << *bits;
  line_reader<Calls> lines("/proc/self/maps");
  mapping_line mapping;
  std::uint64_t places = 0, end_of_last = least_address;
  const auto count = [&](std::uint64_t begin) {
    if (begin > end_of_last) places += (begin - end_of_last) / bytes;
  };
  for (std::string_view line; lines.next(line);) {
    if (!mapping.read(line) || mapping.begin >= beyond) continue;
    count(mapping.begin);
    end_of_last = mapping.end;
  }
  count(beyond);
  return lines.complete() && end_of_last != least_address ? optional_count(places) : std::nullopt;
}

}  // namespace quire::detail
