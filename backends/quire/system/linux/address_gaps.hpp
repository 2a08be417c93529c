// SPDX-License-Identifier: BSL-1.0
#pragma once
// Gaps between the mappings of a process, and the one nearest to an address.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/policy/attributes.hpp>
#include <quire/system/linux/proc_values.hpp>
#include <quire/system/linux/smaps.hpp>
#include <quire/system/rlimits.hpp>
#include <quire/system/text/line_reader.hpp>
#include <quire/units.hpp>

namespace quire::detail {

/// A place for a block of bytes. `distance` is that of its farther end from the target: it is within reach if that is
/// at most the reach.
struct address_gap {
  std::uint64_t base = 0, distance = UINT64_MAX;
  bool is_crowding = false;  // where the heap would grow next
};

/// Looks for the best place of a block among gaps.
class nearest_gap {
 public:
  nearest_gap(std::uint64_t bytes, std::uint64_t alignment, const address_request& wanted) noexcept
      : bytes_(bytes),
        alignment_(alignment),
        target_(reinterpret_cast<std::uintptr_t>(wanted.target)),
        reach_(wanted.reach) {}

  void consider(std::uint64_t begin, std::uint64_t end, bool is_crowding) noexcept {
    if (begin >= end || end - begin < bytes_) return;
    const std::uint64_t first = up(begin), last = down(end - bytes_);
    if (first < begin || first > last) return;
    const std::uint64_t ideal = down(target_ - std::min(target_, bytes_ / 2));
    const std::uint64_t place = std::clamp(ideal, first, last);
    for (const std::uint64_t base : {place, std::min(last, place + alignment_)}) {
      const address_gap here{base, distance_of(base), is_crowding};
      if (is_better(here)) best_ = here;
    }
  }
  /// Nothing if there is no gap at all.
  [[nodiscard]] std::optional<address_gap> best() const noexcept {
    return best_.distance == UINT64_MAX ? std::nullopt : std::optional(best_);
  }
  [[nodiscard]] std::uint64_t distance_of(std::uint64_t base) const noexcept {
    const std::uint64_t end = base + bytes_;
    return std::max(base < target_ ? target_ - base : 0, end > target_ ? end - target_ : 0);
  }

 private:
  [[nodiscard]] std::uint64_t down(std::uint64_t at) const noexcept { return at & ~(alignment_ - 1); }
  [[nodiscard]] std::uint64_t up(std::uint64_t at) const noexcept { return down(at + (alignment_ - 1)); }
  /// A gap that crowds the heap is taken if no other is within reach.
  [[nodiscard]] bool is_better(const address_gap& other) const noexcept {
    const bool reaches = best_.distance <= reach_, other_reaches = other.distance <= reach_;
    if (reaches != other_reaches) return other_reaches;
    if (best_.is_crowding != other.is_crowding && reaches) return best_.is_crowding;
    return other.distance < best_.distance;
  }

  std::uint64_t bytes_, alignment_, target_, reach_;
  address_gap best_;
};

/// The lowest address that the process may map. The first 64 KiB stay free even where the kernel permits them, so that
/// null pointers fault.
template <class Calls>
[[nodiscard]] std::uint64_t lowest_address() noexcept {
  return std::max<std::uint64_t>(65536, number_in<Calls>("/proc/sys/vm/mmap_min_addr").value_or(0));
}

/// The kernel itself maps nothing in the 128 MiB below a stack, nor in what the stack may grow to.
template <class Calls>
[[nodiscard]] std::uint64_t room_of_stack() noexcept {
  constexpr std::uint64_t least = std::uint64_t{128} << 20, most = std::uint64_t{16} << 30;
  const auto limit = read_rlimit<Calls>(Calls::limit_stack, "RLIMIT_STACK");
  return limit.known() ? std::clamp(limit.value(), least, most) : least;
}

/// The place nearest to the target where so many bytes are free, whether it is within reach or not; nothing if there is
/// none, or if /proc/self/maps is hidden, which `was_read` tells. What lies above the last mapping is left alone.
template <class Calls>
[[nodiscard]] std::optional<address_gap> find_gap(std::uint64_t bytes, std::uint64_t alignment,
                                                  const address_request& wanted, bool& was_read) noexcept {
  constexpr std::uint64_t room_of_heap = std::uint64_t{1} << 30;
  nearest_gap nearest(bytes, alignment, wanted);
  std::uint64_t free_from = lowest_address<Calls>(), crowding_to = 0;
  mapping_line m;
  line_reader<Calls> lines("/proc/self/maps");
  for (std::string_view line; lines.next(line);) {
    if (!m.read(line) || m.path == "[vsyscall]") continue;
    std::uint64_t end = m.begin;
    if (m.path == "[stack]") end -= std::min(end, room_of_stack<Calls>());
    const std::uint64_t crowded = std::clamp(crowding_to, free_from, std::max(end, free_from));
    nearest.consider(free_from, crowded, true);
    nearest.consider(crowded, end, false);
    if (crowding_to > free_from && crowded < end) nearest.consider(free_from, end, true);
    free_from = std::max<std::uint64_t>(free_from, m.end);
    crowding_to = m.path == "[heap]" ? m.end + room_of_heap : 0;
  }
  was_read = lines.complete() && m.end != 0;
  return was_read ? nearest.best() : std::nullopt;
}

}  // namespace quire::detail
