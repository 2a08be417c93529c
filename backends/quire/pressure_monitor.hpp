#pragma once
// To be told that memory gets short, in time to give some back: a file descriptor for the program's own event loop.
// Starts no thread; allocates nothing.
#include <optional>
#include <utility>

#include <quire/backing/detail/posix/error_codes.hpp>
#include <quire/calls/linux/pressure.hpp>
#include <quire/result.hpp>
#include <quire/system/linux/poller.hpp>
#include <quire/system/linux/pressure_sources.hpp>
#include <quire/system/linux/psi_trigger.hpp>
#include <quire/system/pressure.hpp>

namespace quire {

/// Movable; closes its descriptors. Belongs to one thread at a time, and to the process that opened it: a child that
/// was forked may destroy its copy, and opens one of its own. `Calls` are what a test replaces.
template <class Calls>
class basic_pressure_monitor {
 public:
  /// All sources that can tell here, behind one descriptor: stalls of the machine, and of the control group of version
  /// 2; events, or level and usage, of all groups on the path; and a timer only where a limit of a group of version 2,
  /// of the process, of commits, or of nodes is tighter than the machine, or nothing tells of the machine. Descriptors:
  /// five, of version 2 three and one for each group on the path. Errors: `invalid_argument` (a request without sense),
  /// `not_supported` (nothing here tells), `not_permitted`, `system`, `out_of_memory`: also where one source cannot be
  /// had for lack of descriptors or memory.
  [[nodiscard]] static result<basic_pressure_monitor> open(const pressure_request& request = {}) noexcept {
    return open_some(std::nullopt, request);
  }
  /// This one alone. Stalls: a trigger is written into memory.pressure and /proc/pressure/memory. Level and usage: an
  /// eventfd is registered by cgroup.event_control. Polling: a timerfd. Errors: the same; `not_supported` also where
  /// limits are hidden (polling), and where none is set (usage).
  [[nodiscard]] static result<basic_pressure_monitor> open(pressure_source source,
                                                           const pressure_request& request = {}) noexcept {
    return open_some(source, request);
  }

  basic_pressure_monitor(basic_pressure_monitor&&) noexcept = default;
  basic_pressure_monitor& operator=(basic_pressure_monitor&&) noexcept = default;
  ~basic_pressure_monitor() = default;

  [[nodiscard]] bool uses(pressure_source source) const noexcept { return sources_.uses(source); }
  /// The first that it uses, in their order.
  [[nodiscard]] pressure_source source() const noexcept {
    using enum pressure_source;
    for (const pressure_source each : {stalls, group_events, group_level, group_usage})
      if (uses(each)) return each;
    return polling;
  }
  /// To be polled for `events()`, which are those of poll(2) and epoll(7). Belongs to the monitor, and stays the same.
  /// -1 after `take` found that a source is gone and none takes its place, and that no descriptor is left to listen to
  /// one: then another monitor is to be opened.
  [[nodiscard]] int descriptor() const noexcept { return poller_.number(); }
  [[nodiscard]] short events() const noexcept { return Calls::poll_input; }

  /// What it was that the event loop was told: `ready` is what poll(2) or epoll(7) returned for the descriptor. `none`
  /// where that is none of `events()`, and where there turns out to be room after all. If the process is in another
  /// control group by now, or its group is gone, that is no alarm: the monitor listens to the new group, and is ready
  /// again at once if that one is short. Does not block.
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
  basic_pressure_monitor(std::optional<pressure_source> wanted, const pressure_request& request) noexcept
      : wanted_(wanted), request_(request) {}

  [[nodiscard]] static result<basic_pressure_monitor> open_some(std::optional<pressure_source> wanted,
                                                                const pressure_request& request) noexcept {
    if (!makes_sense(request)) return failure(errc::invalid_argument, step::plan);
    basic_pressure_monitor monitor(wanted, request);
    int n = monitor.poller_.open();
    if (n == 0) n = monitor.sources_.start(monitor.poller_, wanted, request);
    if (n != 0) return failure(code_of(n), step::plan, n);
    return monitor;
  }
  [[nodiscard]] static constexpr bool makes_sense(const pressure_request& request) noexcept {
    return request.at != pressure::none && request.stall_microseconds != 0 &&
           request.stall_microseconds <= detail::stall_trigger<Calls>::window_microseconds &&
           request.poll_milliseconds != 0;
  }
  [[nodiscard]] static constexpr errc code_of(int native) noexcept {
    return native == Calls::no_entry ? errc::not_supported : backing::detail::posix_code<Calls>(step::populate, native);
  }

  std::optional<pressure_source> wanted_;  // or all
  pressure_request request_;
  detail::poller<Calls> poller_;
  detail::pressure_sources<Calls> sources_;
};

using pressure_monitor = basic_pressure_monitor<calls::linux_pressure>;

}  // namespace quire
