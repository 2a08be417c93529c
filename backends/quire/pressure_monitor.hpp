// SPDX-License-Identifier: BSL-1.0
#pragma once
// Reports that memory is running short, in time to give some back, by a file descriptor for the program's own event
// loop. Starts no thread; allocates nothing.
#include <optional>

#include <quire/backing/detail/posix/error_codes.hpp>
#include <quire/calls/linux/pressure.hpp>
#include <quire/result.hpp>
#include <quire/system/linux/poller.hpp>
#include <quire/system/linux/pressure_sources.hpp>
#include <quire/system/linux/psi_trigger.hpp>
#include <quire/system/pressure.hpp>

namespace quire {

/// Movable; closes its descriptors. Used by one thread at a time, and only by the process that opened it: a forked
/// child may destroy its copy, and opens a monitor of its own. A test replaces `Calls`.
template <class Calls>
class basic_pressure_monitor {
 public:
  /// Opens all sources that are available here, behind one descriptor: stalls of the machine and of the control group
  /// (version 2); events, or level and usage, of all groups on the path. A timer is added only if a limit of a group of
  /// version 2, of the process, of the commit charge or of the nodes is tighter than the machine, or if no source
  /// reports on the machine. Uses five descriptors; with version 2 three, and one for each group on the path. Errors:
  /// errc::invalid_argument (the request is meaningless), errc::not_supported (no source is available),
  /// errc::not_permitted, errc::system, errc::out_of_memory, also if a single source cannot be opened for lack of
  /// descriptors or memory.
  [[nodiscard]] static result<basic_pressure_monitor> open(const pressure_request& request = {}) noexcept {
    return open_some(std::nullopt, request);
  }
  /// Opens `source` alone. Stalls: writes a trigger into memory.pressure and /proc/pressure/memory. Level and usage:
  /// registers an eventfd through cgroup.event_control. Polling: starts a timerfd. Errors: the same;
  /// errc::not_supported also if limits are hidden (polling), or if none is set (usage).
  [[nodiscard]] static result<basic_pressure_monitor> open(pressure_source source,
                                                           const pressure_request& request = {}) noexcept {
    return open_some(source, request);
  }

  /// Whether the monitor listens to this source.
  [[nodiscard]] bool uses(pressure_source source) const noexcept { return sources_.uses(source); }
  /// The first source in use, in the order of the enumeration.
  [[nodiscard]] pressure_source source() const noexcept {
    using enum pressure_source;
    for (const pressure_source each : {stalls, group_events, group_level, group_usage})
      if (uses(each)) return each;
    return polling;
  }
  /// The descriptor to poll for `events()`, which are those of poll(2) and epoll(7). The monitor owns it, and it stays
  /// the same. It is -1 after `take` found that a source is gone, that none replaces it, and that no descriptor is left
  /// to listen to one; then another monitor must be opened.
  [[nodiscard]] int descriptor() const noexcept { return poller_.number(); }
  /// The events to poll the descriptor for.
  [[nodiscard]] short events() const noexcept { return Calls::poll_input; }

  /// Returns the pressure that woke the event loop: `ready` is what poll(2) or epoll(7) returned for the descriptor.
  /// Returns `none` if `ready` has none of `events()`, or if there turns out to be room after all. If the process has
  /// moved to another control group, or its group is gone, that is no alarm: the monitor listens to the new group, and
  /// is ready again at once if that group is short of memory. Does not block.
  [[nodiscard]] pressure take(short ready) noexcept {
    if (descriptor() < 0 || (ready & events()) == 0) return pressure::none;
    const auto found = poller_.take_ready();
    pressure told = pressure::none;
    if (!sources_.have_moved() && sources_.take(found, request_, told)) return told;
    sources_.stop(poller_);
    if (sources_.start(poller_, wanted_, request_) != 0) poller_.close();
    return pressure::none;
  }

 private:
  static result<basic_pressure_monitor> open_some(std::optional<pressure_source> source,
                                                  const pressure_request& request) noexcept {
    if (!makes_sense(request)) return failure(errc::invalid_argument, step::plan);
    basic_pressure_monitor monitor(source, request);
    int n = monitor.poller_.open();
    if (n == 0) n = monitor.sources_.start(monitor.poller_, source, request);
    if (n != 0) return failure(code_of(n), step::plan, n);
    return monitor;
  }
  basic_pressure_monitor(std::optional<pressure_source> wanted, const pressure_request& request) noexcept
      : wanted_(wanted), request_(request) {}

  [[nodiscard]] static constexpr bool makes_sense(const pressure_request& request) noexcept {
    return request.at != pressure::none && request.stall_microseconds != 0 &&
           request.stall_microseconds <= detail::stall_trigger<Calls>::window_microseconds &&
           request.poll_milliseconds != 0;
  }
  [[nodiscard]] static constexpr errc code_of(int native) noexcept {
    return native == Calls::no_entry ? errc::not_supported : backing::detail::posix_code<Calls>(step::populate, native);
  }

  std::optional<pressure_source> wanted_;  // all sources if empty
  pressure_request request_;
  detail::poller<Calls> poller_;
  detail::pressure_sources<Calls> sources_;
};

/// For the calls of Linux.
using pressure_monitor = basic_pressure_monitor<calls::linux_pressure>;

}  // namespace quire
