// SPDX-License-Identifier: BSL-1.0
#pragma once
// All sources on Linux that can report to a process that memory runs short, behind one poller.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/system/linux/cgroup_events.hpp>
#include <quire/system/linux/cgroup_location.hpp>
#include <quire/system/linux/cgroup_notices.hpp>
#include <quire/system/linux/headroom_watch.hpp>
#include <quire/system/linux/poller.hpp>
#include <quire/system/linux/psi_trigger.hpp>
#include <quire/system/pressure.hpp>
#include <quire/system/text/line_reader.hpp>

namespace quire::detail {

/// Identifies the control groups of this process by a number. Unknown if they are hidden.
template <class Calls>
[[nodiscard]] std::optional<std::uint64_t> identity_of_groups() noexcept {
  line_reader<Calls> lines("/proc/self/cgroup");
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  group_line one;
  for (std::string_view line; lines.next(line);)
    if (one.read(line) && (one.is_v2() || one.accounts("memory")))
      for (const char c : line) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return lines.complete() ? std::optional(hash) : std::nullopt;
}

/// Moving it moves its descriptors, so the poller has to be moved along.
template <class Calls>
class pressure_sources {
 public:
  /// Opens all available sources, or only the `wanted` one. Returns 0, or the native code if there is none, or if an
  /// existing one cannot be opened for lack of descriptors or memory; then none is open.
  [[nodiscard]] int start(const poller<Calls>& all, std::optional<pressure_source> wanted,
                          const pressure_request& request) noexcept {
    const auto place = find_control_group<Calls>("memory");
    groups_ = identity_of_groups<Calls>();
    int why = Calls::unsupported;
    const auto have = [&why](int n) {
      if (n != 0 && (why == Calls::unsupported || is_shortage<Calls>(n)) && n != Calls::no_entry) why = n;
    };
    const auto wants = [&](pressure_source s) { return (!wanted || *wanted == s) && !is_shortage<Calls>(why); };
    const cgroup_version version = place && place->sees_own ? place->version : cgroup_version::none;
    if (wants(pressure_source::stalls)) {
      if (version == cgroup_version::v2)
        have(group_stalls_.start(own_group<Calls>(*place).path_of("memory.pressure").c_str(), request, all,
                                 of_group_stalls));
      have(machine_stalls_.start("/proc/pressure/memory", request, all, of_machine_stalls));
    }
    if (version == cgroup_version::v2 && wants(pressure_source::group_events))
      have(events_.start(*place, all, of_events));
    if (version == cgroup_version::v1 && wants(pressure_source::group_level))
      have(level_.start(*place, request, all, of_level));
    if (version == cgroup_version::v1 && wants(pressure_source::group_usage))
      have(usage_.start(*place, request, all, of_usage));
    if (wants(pressure_source::polling) || usage_.is_on()) have(start_timer(place, wanted, request, all));
    (void)all.take_ready();  // a trigger is ready at first
    if (!is_shortage<Calls>(why) && is_any_on()) return 0;
    stop(all);
    return why;
  }
  void stop(const poller<Calls>& all) noexcept {
    group_stalls_.stop(all);
    machine_stalls_.stop(all);
    events_.stop(all);
    level_.stop(all);
    usage_.stop(all);
    timer_.stop(all);
    polls_ = false;
  }

  [[nodiscard]] bool uses(pressure_source s) const noexcept {
    switch (s) {
      case pressure_source::stalls: return group_stalls_.is_on() || machine_stalls_.is_on();
      case pressure_source::group_events: return events_.is_on();
      case pressure_source::group_level: return level_.is_on();
      case pressure_source::group_usage: return usage_.is_on();
      case pressure_source::polling: return polls_;
    }
    return false;
  }
  /// Whether the process has moved to another group: its former groups no longer report on it.
  [[nodiscard]] bool have_moved() const noexcept {
    const auto now = identity_of_groups<Calls>();
    return now && groups_ && *now != *groups_;
  }
  /// Returns false if a source is gone.
  [[nodiscard]] bool take(const typename poller<Calls>::readiness& ready, const pressure_request& request,
                          pressure& told) noexcept {
    if (ready.has_failed(of_group_stalls) || ready.has_failed(of_machine_stalls)) return false;
    const auto tell = [&told](pressure p) { told = std::max(told, p); };
    if (ready.has(of_group_stalls) && group_stalls_.take(ready.is_certain(of_group_stalls))) tell(request.at);
    if (ready.has(of_machine_stalls) && machine_stalls_.take(ready.is_certain(of_machine_stalls)) &&
        may_have_to_wait<Calls>(find_control_group<Calls>("memory"), request.least_room))
      tell(request.at);
    if (ready.has(of_level) && level_.take()) tell(request.at);
    const bool crossed = ready.has(of_usage) && usage_.take(), ticked = ready.has(of_timer) && timer_.take();
    if (crossed || ticked) {
      tell(pressure_by_room<Calls>(request));
      if (usage_.is_on() && !polls_)
        (void)Calls::set_period(timer_.number(), is_near_a_limit(request) ? request.poll_milliseconds : 0, false);
    }
    pressure by_events = pressure::none;
    const bool is_there = !ready.has(of_events) || events_.take(request.at, by_events);
    tell(by_events);
    return is_there;
  }

 private:
  enum : unsigned { of_group_stalls, of_machine_stalls, of_events, of_level, of_usage, of_timer };

  [[nodiscard]] bool is_any_on() const noexcept {
    for (const auto s : {pressure_source::stalls, pressure_source::group_events, pressure_source::group_level,
                         pressure_source::group_usage, pressure_source::polling})
      if (uses(s)) return true;
    return false;
  }
  /// A usage that has crossed a threshold may be read as just below it, as the kernel drops charges that a processor
  /// had taken in advance. An eighth more than the request covers that.
  [[nodiscard]] static bool is_near_a_limit(const pressure_request& request) noexcept {
    const auto place = find_control_group<Calls>("memory");
    const std::uint64_t room = request.least_room + std::min(request.least_room / 8, UINT64_MAX - request.least_room);
    return place && group_usage<Calls>::is_above(*place, room);
  }
  /// The timer always runs if something is left that no event reports. For groups whose usage is watched, it runs while
  /// usage is near a limit, because file pages may hide there how much memory is left.
  [[nodiscard]] int start_timer(const std::optional<control_group_place>& place, std::optional<pressure_source> wanted,
                                const pressure_request& request, const poller<Calls>& all) noexcept {
    bool needed = false;
    if (wanted == pressure_source::polling) {
      limit_analysis v(0, 0);
      consider_headroom<Calls>(v, {});
      if (v.is_inconclusive()) return Calls::unsupported;
      needed = true;
    } else if (!wanted) {
      needed = has_limit_without_events<Calls>(place, usage_.covers_all()) ||
               (!uses(pressure_source::stalls) && memory_of_machine<Calls>().room());
    }
    if (!needed && !usage_.is_on()) return Calls::unsupported;
    if (const int n = timer_.start(Calls::make_timer(), all, of_timer)) return n;
    const bool near = needed || is_near_a_limit(request);
    if (const int n = near ? Calls::set_period(timer_.number(), request.poll_milliseconds, true) : 0) {
      timer_.stop(all);
      return n;
    }
    polls_ = needed;
    return 0;
  }

  stall_trigger<Calls> group_stalls_, machine_stalls_;
  group_events<Calls> events_;
  group_level<Calls> level_;
  group_usage<Calls> usage_;
  polled_counter<Calls> timer_;
  bool polls_ = false;                   // the timer always runs
  std::optional<std::uint64_t> groups_;  // as of the start
};

}  // namespace quire::detail
