// SPDX-License-Identifier: BSL-1.0
#pragma once
// Keeps the calling thread on the processors of a NUMA node for a while.
#include <algorithm>
#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>

#include <quire/system/linux/sysfs_list.hpp>
#include <quire/system/text/path_buffer.hpp>

namespace quire::detail {

template <class Calls>
concept affinity_calls = requires(unsigned long* mask) {
  { Calls::thread_processors(mask, std::size_t{}) } noexcept;
};

/// Until the end of the scope. A thread that may run on no processor of the node, or whose node has none, runs where it
/// did. Reads /sys/devices/system/node/nodeN/cpulist; sched_getaffinity, and sched_setaffinity twice.
template <class Calls>
class node_affinity {
 public:
  explicit node_affinity(unsigned node) noexcept {
    path_buffer path("/sys/devices/system/node/node");
    (path += std::uint64_t{node}) += "/cpulist";
    const long known = Calls::thread_processors(before_.data(), sizeof before_);
    if (known <= 0) return;
    bytes_ = static_cast<std::size_t>(known);
    mask wanted{};
    bool some = false;
    const bool told = for_each_range_in<Calls>(path.c_str(), [&](std::uint64_t first, std::uint64_t last) {
      for (std::uint64_t each = first; each <= last && each < 8 * bytes_; ++each)
        if (has(before_, each)) {
          wanted[each / bits] |= 1UL << each % bits;
          some = true;
        }
      return true;
    });
    pinned_ = told && some && Calls::set_thread_processors(wanted.data(), bytes_) == 0;
  }
  node_affinity(const node_affinity&) = delete;
  node_affinity& operator=(const node_affinity&) = delete;
  ~node_affinity() {
    if (pinned_) (void)Calls::set_thread_processors(before_.data(), bytes_);
  }

  [[nodiscard]] bool is_pinned() const noexcept { return pinned_; }

 private:
  static constexpr std::size_t most_processors = 8192;  // CONFIG_NR_CPUS is at most that
  static constexpr std::size_t bits = sizeof(unsigned long) * CHAR_BIT;
  using mask = std::array<unsigned long, most_processors / bits>;

  [[nodiscard]] static bool has(const mask& in, std::uint64_t processor) noexcept {
    return (in[processor / bits] >> processor % bits & 1) != 0;
  }

  mask before_{};
  std::size_t bytes_ = 0;
  bool pinned_ = false;
};

}  // namespace quire::detail
