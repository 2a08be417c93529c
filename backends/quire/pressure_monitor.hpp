#pragma once
// To be told that memory gets short, in time to give some back: a file descriptor for the program's own event loop.
// Starts no thread; allocates nothing.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <quire/backing/linux_cgroups.hpp>
#include <quire/backing/linux_group_events.hpp>
#include <quire/backing/linux_headroom.hpp>
#include <quire/backing/path_text.hpp>
#include <quire/backing/posix_codes.hpp>
#include <quire/calls/linux_pressure.hpp>
#include <quire/result.hpp>

namespace quire {

enum class pressure : unsigned char {
  none,
  tight,    // memory is found, but others have to wait, or give up their caches, for it
  critical  // soon it will not be found
};

[[nodiscard]] constexpr const char* name(pressure p) noexcept {
  switch (p) {
    case pressure::none: return "none";
    case pressure::tight: return "tight";
    case pressure::critical: return "critical";
  }
  return "unknown pressure";
}

/// Who tells.
enum class pressure_source : unsigned char {
  stalls,        // PSI: of the control group of version 2, or else of the machine
  group_events,  // memory.events of the control group, version 2, and of those around it
  group_level,   // memory.pressure_level, version 1, likewise
  polling        // nobody: a timer, and the figures of headroom()
};

[[nodiscard]] constexpr const char* name(pressure_source s) noexcept {
  switch (s) {
    case pressure_source::stalls: return "stalls";
    case pressure_source::group_events: return "events of the control group";
    case pressure_source::group_level: return "level of the control group";
    case pressure_source::polling: return "polling";
  }
  return "unknown source";
}

struct pressure_wish {
  pressure at = pressure::tight;         // the least that is told; what is critical is told in any case
  unsigned stall_microseconds = 100000;  // stalls: how long tasks wait in two seconds: some of them, or all if critical
  unsigned poll_milliseconds = 1000;     // polling: how often
  std::uint64_t least_room = 64 << 20;   // polling: bytes below which it is tight; critical below a quarter of them
};

/// Movable; closes its descriptor. `Calls` are what a test replaces.
template <class Calls>
class basic_pressure_monitor {
 public:
  /// The first source that can be had, in their order. Errors: those of polling, the last of them.
  [[nodiscard]] static result<basic_pressure_monitor> open(const pressure_wish& wish = {}) noexcept {
    using enum pressure_source;
    for (const pressure_source source : {stalls, group_events, group_level})
      if (auto monitor = open(source, wish)) return monitor;
    return open(polling, wish);
  }
  /// This one. Stalls: a trigger is written into memory.pressure or /proc/pressure/memory. Events: an epoll descriptor
  /// over the files. Level: an eventfd is registered by cgroup.event_control. Polling: a timerfd. Errors:
  /// `invalid_argument` (a wish without sense), `not_supported` (this kernel, this group, or limits that are hidden),
  /// `not_permitted`, `system`.
  [[nodiscard]] static result<basic_pressure_monitor> open(pressure_source source,
                                                           const pressure_wish& wish = {}) noexcept {
    if (!makes_sense(wish)) return failure(errc::invalid_argument, step::plan);
    basic_pressure_monitor monitor(source, wish);
    if (const int n = monitor.start()) return failure(code_of(n), step::plan, n);
    return monitor;
  }

  basic_pressure_monitor(basic_pressure_monitor&& other) noexcept
      : source_(other.source_),
        wish_(other.wish_),
        descriptor_(std::exchange(other.descriptor_, -1)),
        groups_(std::move(other.groups_)),
        told_(other.told_) {}
  basic_pressure_monitor& operator=(basic_pressure_monitor&& other) noexcept {
    std::swap(source_, other.source_);
    std::swap(wish_, other.wish_);
    std::swap(descriptor_, other.descriptor_);
    groups_ = std::move(other.groups_);
    std::swap(told_, other.told_);
    return *this;
  }
  ~basic_pressure_monitor() { close_if_open(descriptor_); }

  [[nodiscard]] pressure_source source() const noexcept { return source_; }
  /// To be polled for `events()`, which are those of poll(2) and epoll(7). Belongs to the monitor. -1 after `take`
  /// found that the source is gone, with its control group: then another one is to be opened.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] short events() const noexcept {
    return source_ == pressure_source::stalls ? Calls::poll_priority : Calls::poll_input;
  }

  /// What it was that the event loop was told: `ready` is what poll(2) or epoll(7) returned for the descriptor. `none`
  /// where that is none of `events()`, and where there turns out to be room after all. Does not block.
  [[nodiscard]] pressure take(short ready) noexcept {
    if (descriptor_ < 0 || (ready & events()) == 0) return pressure::none;
    switch (source_) {
      case pressure_source::stalls: return (ready & Calls::poll_error) != 0 ? lose() : wish_.at;  // polling took it
      case pressure_source::group_events: return take_events();
      case pressure_source::group_level: return was_signalled() ? wish_.at : pressure::none;
      case pressure_source::polling: return was_signalled() ? look() : pressure::none;
    }
    return pressure::none;
  }

 private:
  static constexpr unsigned window_microseconds = 2'000'000;  // the only ones that the kernel lets everybody have
  using counters = typename detail::group_events<Calls>::counters;

  basic_pressure_monitor(pressure_source source, const pressure_wish& wish) noexcept : source_(source), wish_(wish) {}

  [[nodiscard]] static constexpr bool makes_sense(const pressure_wish& wish) noexcept {
    return wish.at != pressure::none && wish.stall_microseconds != 0 &&
           wish.stall_microseconds <= window_microseconds && wish.poll_milliseconds != 0;
  }
  [[nodiscard]] static constexpr errc code_of(int native) noexcept {
    return native == Calls::no_entry ? errc::not_supported : backing::detail::posix_code<Calls>(step::populate, native);
  }
  static void close_if_open(int fd) noexcept {
    if (fd >= 0) Calls::close(fd);
  }

  /// 0 or the system's code.
  int start() noexcept {
    const auto place = detail::find_control_group<Calls>("memory");
    const cgroup_interface memory = place && place->sees_own ? place->interface : cgroup_interface::none;
    if (source_ == pressure_source::polling) return start_timer();
    if (source_ == pressure_source::stalls) {
      if (memory == cgroup_interface::v2 && start_stalls(group(*place).path_of("memory.pressure").c_str()) == 0)
        return 0;
      return start_stalls("/proc/pressure/memory");
    }
    const bool is_events = source_ == pressure_source::group_events;
    if (memory != (is_events ? cgroup_interface::v2 : cgroup_interface::v1)) return Calls::unsupported;
    return is_events ? start_events(*place) : start_level(*place);
  }
  [[nodiscard]] static detail::memory_group<Calls> group(const detail::control_group_place& place) noexcept {
    return {place, place.group.view()};
  }

  int start_stalls(const char* path) noexcept {
    if (const int n = keep(Calls::open_to_watch(path))) return n;
    detail::path_text trigger(wish_.at == pressure::critical ? "full " : "some ");
    ((trigger += std::uint64_t{wish_.stall_microseconds}) += " ") += std::uint64_t{window_microseconds};
    const long n = Calls::write(descriptor_, trigger.c_str(), trigger.view().size() + 1);
    return n < 0 ? give_up(static_cast<int>(-n)) : 0;
  }
  int start_events(const detail::control_group_place& place) noexcept {
    if (const int n = keep(Calls::make_poller())) return n;
    if (const int n = groups_.watch(place, descriptor_)) return give_up(n);
    return groups_.read(told_) == 0 ? 0 : give_up(Calls::unsupported);
  }
  /// Of this process's group, with those inside; and of those around it, as far as they can be had, what makes their
  /// own limit felt: without "local" they would tell of groups beside this one.
  int start_level(const detail::control_group_place& place) noexcept {
    if (const int n = keep(Calls::make_counter())) return n;
    const bool worst = wish_.at == pressure::critical;
    int failed = 0;
    detail::for_each_memory_group<Calls>(
        place, [&](const detail::memory_group<Calls>& group, const detail::memory_group<Calls>* inside) {
          if (inside == nullptr)
            failed = register_level(group, worst ? " critical" : " medium");
          else if (failed == 0)
            (void)register_level(group, worst ? " critical,local" : " medium,local");
        });
    return failed == 0 ? 0 : give_up(failed);
  }
  /// The kernel keeps what it needs of both files.
  int register_level(const detail::memory_group<Calls>& of, std::string_view level) noexcept {
    const int file = Calls::open_to_read(of.path_of("memory.pressure_level").c_str());
    if (file < 0) return -file;
    const int control = Calls::open_to_write(of.path_of("cgroup.event_control").c_str());
    long n = control;
    if (control >= 0) {
      detail::path_text line;
      ((line += static_cast<std::uint64_t>(descriptor_)) += " ") += static_cast<std::uint64_t>(file);
      line += level;
      n = Calls::write(control, line.c_str(), line.view().size());
      Calls::close(control);
    }
    Calls::close(file);
    return n < 0 ? static_cast<int>(-n) : 0;
  }
  int start_timer() noexcept {
    detail::verdict v(0, 0);
    detail::consider_headroom<Calls>(v, {});
    if (v.is_in_doubt()) return Calls::unsupported;
    if (const int n = keep(Calls::make_timer())) return n;
    if (const int n = Calls::set_period(descriptor_, wish_.poll_milliseconds)) return give_up(n);
    return 0;
  }
  int keep(int fd) noexcept {
    if (fd < 0) return -fd;
    descriptor_ = fd;
    return 0;
  }
  int give_up(int native) noexcept {
    close_if_open(std::exchange(descriptor_, -1));
    return native;
  }

  /// It would be ready for ever, and tell nothing.
  [[nodiscard]] pressure lose() noexcept {
    (void)give_up(0);
    return pressure::none;
  }
  [[nodiscard]] pressure take_events() noexcept {
    counters now;
    if (const int n = groups_.read(now)) return n == Calls::no_device ? lose() : pressure::none;
    const counters before = std::exchange(told_, now);
    if (now.critical != before.critical) return pressure::critical;
    return now.tight != before.tight && wish_.at == pressure::tight ? pressure::tight : pressure::none;
  }
  [[nodiscard]] bool was_signalled() const noexcept {
    std::uint64_t times = 0;
    return Calls::read(descriptor_, &times, sizeof times) == sizeof times;
  }
  [[nodiscard]] pressure look() const noexcept {
    detail::verdict v(0, 0);
    detail::consider_headroom<Calls>(v, {});
    const auto room = v.result().room();
    if (!room || *room >= wish_.least_room) return pressure::none;
    if (*room < wish_.least_room / 4) return pressure::critical;
    return wish_.at == pressure::tight ? pressure::tight : pressure::none;
  }

  pressure_source source_;
  pressure_wish wish_;
  int descriptor_ = -1;
  detail::group_events<Calls> groups_;
  counters told_{};  // by the groups, when they were last read
};

using pressure_monitor = basic_pressure_monitor<calls::linux_pressure>;

}  // namespace quire
