// SPDX-License-Identifier: BSL-1.0
#pragma once
// Levels of memory pressure, their sources, and when a program wants to be notified.
#include <cstdint>
#include <quire/detail/enumerations.hpp>

namespace quire {

/// How short of memory a machine or a control group is.
enum class pressure : unsigned char {
  none,
  tight,    // memory is found, but other tasks have to wait or give up their caches for it
  critical  // soon memory will not be found
};

[[nodiscard]] constexpr const char* name(pressure p) noexcept {
  return detail::text_of(p, "unknown pressure", {"none", "tight", "critical"});
}

/// The source that reports memory pressure.
enum class pressure_source : unsigned char {
  stalls,        // PSI: triggers of the control group of version 2, and of the machine
  group_events,  // memory.events of the control group and its ancestors, version 2
  group_level,   // memory.pressure_level of these groups, version 1
  group_usage,   // thresholds of memory.usage_in_bytes below their limits, version 1
  polling        // a timer, and the numbers of headroom()
};

[[nodiscard]] constexpr const char* name(pressure_source s) noexcept {
  return detail::text_of(
      s, "unknown source",
      {"stalls", "events of the control group", "level of the control group", "usage of the control group", "polling"});
}

/// When a monitor is to wake the program.
struct pressure_request {
  pressure at = pressure::tight;         // the lowest level that is reported; `critical` is reported in any case
  unsigned stall_microseconds = 100000;  // stalls: time that some tasks (critical: all) wait within two seconds
  unsigned poll_milliseconds = 1000;     // polling: the period
  std::uint64_t least_room = 64 << 20;   // polling, usage: bytes below which it is tight; critical below a quarter
};

}  // namespace quire
