#pragma once
// Levels of memory pressure, their sources, and when a program wants to be notified.
#include <cstdint>

namespace quire {

enum class pressure : unsigned char {
  none,
  tight,    // memory is found, but other tasks have to wait or give up their caches for it
  critical  // soon memory will not be found
};

[[nodiscard]] constexpr const char* name(pressure p) noexcept {
  switch (p) {
    case pressure::none: return "none";
    case pressure::tight: return "tight";
    case pressure::critical: return "critical";
  }
  return "unknown pressure";
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
  switch (s) {
    case pressure_source::stalls: return "stalls";
    case pressure_source::group_events: return "events of the control group";
    case pressure_source::group_level: return "level of the control group";
    case pressure_source::group_usage: return "usage of the control group";
    case pressure_source::polling: return "polling";
  }
  return "unknown source";
}

struct pressure_request {
  pressure at = pressure::tight;         // the lowest level that is reported; `critical` is reported in any case
  unsigned stall_microseconds = 100000;  // stalls: time that some tasks (critical: all) wait within two seconds
  unsigned poll_milliseconds = 1000;     // polling: the period
  std::uint64_t least_room = 64 << 20;   // polling, usage: bytes below which it is tight; critical below a quarter
};

}  // namespace quire
