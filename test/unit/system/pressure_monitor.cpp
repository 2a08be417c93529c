// SPDX-License-Identifier: BSL-1.0
// Notification of memory pressure: on fake machines, with each call failing in turn.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <quire/pressure_monitor.hpp>

#include "support/catch/catch.hpp"
#include "support/fakes/fake_kernel.hpp"

namespace quire::test {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

/// The state of a fake kernel's descriptors, which start at 1000.
struct watched {
  struct polled_file {
    unsigned events = 0, id = 0;
    bool woken = false, certain = false;
  };
  std::map<int, std::string> open;    // the path or kind of each
  std::map<int, polled_file> polled;  // by the only poller
  std::map<int, std::string> read;    // the contents read last
  std::map<int, std::uint64_t> signals;
  std::map<int, std::pair<unsigned, bool>> periods;  // of timers
  std::vector<std::string> written;
  std::set<std::string> gone;
  int next = 1000;
  int failing = -1, calls = 0;  // the call that fails, and how many there were
  int code = EIO;

  [[nodiscard]] int number_of(const std::string& what) const {
    const auto found = std::find_if(open.begin(), open.end(), [&](const auto& each) { return each.second == what; });
    return found != open.end() ? found->first : -1;
  }
};

struct fake_pressure : calls::linux_pressure {
  static inline watched now;

  static int open_to_read(const char* path) noexcept { return opened(path); }
  static int open_to_watch(const char* path) noexcept { return opened(path); }
  static int open_to_write(const char* path) noexcept { return opened(path); }
  static int make_counter() noexcept { return fails() ? -now.code : made("counter"); }
  static int make_timer() noexcept { return fails() ? -now.code : made("timer"); }
  static int set_period(int timer, unsigned milliseconds, bool at_once) noexcept {
    if (fails()) return now.code;
    now.periods[timer] = {milliseconds, at_once};
    return 0;
  }
  static int make_poller() noexcept { return fails() ? -now.code : made("poller"); }
  static int start_polling(int poller, int file, unsigned events, unsigned id) noexcept {
    if (fails()) return now.code;
    CHECK((now.open.at(poller) == "poller" && now.open.contains(file)));
    now.polled[file] = {events, id, true, false};
    return 0;
  }
  static void stop_polling(int, int file) noexcept { now.polled.erase(file); }
  /// Reports polled files that are readable, that differ from the contents read last, or that were woken, as requested.
  static int take_ready(int poller, ready_file* found, int most) noexcept {
    CHECK(now.open.at(poller) == "poller");
    int n = 0;
    for (auto& [fd, file] : now.polled) {
      const std::string& path = now.open.at(fd);
      const bool failed = now.gone.contains(path);
      const bool ready = file.events == poll_wake_ups  ? std::exchange(file.woken, false)
                         : file.events == poll_changes ? now.read[fd] != pretence::kernel().files[path]
                                                       : now.signals[fd] != 0;
      const bool said = file.events == poll_changes || std::exchange(file.certain, false);
      const bool is_error = failed || file.events == poll_changes;  // as files of kernfs report a change
      if ((ready || failed) && n < most) found[n++] = {file.id, said, is_error};
    }
    return n;
  }
  static long write(int fd, const void* bytes, std::size_t count) noexcept {
    if (fails()) return -now.code;
    now.written.push_back(now.open.at(fd) + " <- " + std::string(static_cast<const char*>(bytes), count));
    return static_cast<long>(count);
  }
  static long read(int fd, void* buffer, std::size_t bytes) noexcept {
    if (fails()) return -now.code;
    const std::string what = now.open.at(fd);
    if (what != "timer" && what != "counter") return text_at(fd, buffer, bytes, offsets()[fd], true);
    const std::uint64_t times = std::exchange(now.signals[fd], 0);
    if (times == 0) return -EAGAIN;
    std::memcpy(buffer, &times, sizeof times);
    return sizeof times;
  }
  static long read_at(int fd, void* buffer, std::size_t bytes, std::uint64_t offset) noexcept {
    if (fails()) return -now.code;
    if (now.gone.contains(now.open.at(fd))) return -ENODEV;
    std::size_t at = offset;
    now.read[fd] = pretence::kernel().files[now.open.at(fd)];
    return text_at(fd, buffer, bytes, at, false);
  }
  static void close(int fd) noexcept {
    CHECK(now.open.contains(fd));
    now.open.erase(fd);
    now.polled.erase(fd);
    now.periods.erase(fd);
    now.signals.erase(fd);
    offsets().erase(fd);
  }
  static int read_limit(int resource, unsigned long long& soft) noexcept {
    soft = resource == limit_data ? limit_of_data : ~0ULL;
    return 0;
  }
  static int get_mempolicy(int*, unsigned long*, unsigned long, const void*, unsigned long) noexcept { return EPERM; }
  static inline unsigned long long limit_of_data = ~0ULL;

 private:
  static bool fails() noexcept { return now.calls++ == now.failing; }
  static std::map<int, std::size_t>& offsets() {
    static std::map<int, std::size_t> all;
    return all;
  }
  static int made(std::string what) noexcept {
    now.open[now.next] = std::move(what);
    return now.next++;
  }
  static int opened(const char* path) noexcept {
    if (fails()) return -now.code;
    return pretence::kernel().files.contains(path) && !now.gone.contains(path) ? made(path) : -ENOENT;
  }
  static long text_at(int fd, void* buffer, std::size_t bytes, std::size_t& offset, bool moves) {
    const std::string& text = pretence::kernel().files[now.open.at(fd)];
    const std::size_t n = offset < text.size() ? std::min(bytes, text.size() - offset) : 0;
    std::memcpy(buffer, text.data() + std::min(offset, text.size()), n);
    if (moves) offset += n;
    return static_cast<long>(n);
  }
};
using monitor = basic_pressure_monitor<fake_pressure>;
static_assert(std::is_nothrow_move_assignable_v<monitor> && !std::is_copy_constructible_v<monitor> &&
              !std::is_copy_assignable_v<monitor>);
using enum pressure_source;

/// A machine that is reset at the beginning and end of a test.
struct machine : pretence {
  machine() { reset(); }
  ~machine() { reset(); }
  static void reset() {
    fake_pressure::now = {};
    fake_pressure::limit_of_data = ~0ULL;
  }
  static watched& state() { return fake_pressure::now; }
  static void with_memory(std::uint64_t available) {
    file("/proc/self/cgroup") = "0::/\n";
    file("/proc/self/mountinfo") = "30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    file("/sys/fs/cgroup/cgroup.procs") = "1\n";
    file("/proc/sys/vm/overcommit_memory") = "0\n";
    file("/proc/self/status") = "VmData: 1024 kB\n";
    file("/sys/devices/system/node/has_memory") = "0\n";
    file("/proc/meminfo") = "MemTotal: 1048576 kB\nMemAvailable: " + std::to_string(available / 1024) + " kB\n";
  }
  static void with_stalls(const std::string& path, unsigned some, unsigned full) {
    const std::string averages = " avg10=0.00 avg60=0.00 avg300=0.00 total=";
    file(path) = "some" + averages + std::to_string(some) + "\nfull" + averages + std::to_string(full) + "\n";
  }
  static void with_v2() {
    with_memory(512 * mib);
    file("/proc/self/cgroup") = "0::/box\n";
    file("/sys/fs/cgroup/box/cgroup.procs") = "1\n";
    with_stalls("/sys/fs/cgroup/box/memory.pressure", 0, 0);
    with_stalls("/proc/pressure/memory", 0, 0);
    set_events(0, 0, 0);
  }
  static void set_events(int high, int max, int oom) {
    file("/sys/fs/cgroup/box/memory.events") = "low 7\nhigh " + std::to_string(high) + "\nmax " + std::to_string(max) +
                                               "\noom " + std::to_string(oom) + "\noom_kill 0\n";
  }
  static void with_v1(const std::string& group = "/box") {
    with_memory(512 * mib);
    file("/proc/self/cgroup") = "4:memory:" + group + "\n";
    file("/proc/self/mountinfo") = "30 20 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
    with_group_of_v1(group, 1ULL << 62, 0);
  }
  static void with_group_of_v1(const std::string& group, std::uint64_t limit, std::uint64_t usage) {
    const std::string folder = "/sys/fs/cgroup/memory" + group;
    file(folder + "/memory.pressure_level") = file(folder + "/cgroup.event_control") = "";
    file(folder + "/memory.limit_in_bytes") = std::to_string(limit) + "\n";
    file(folder + "/memory.usage_in_bytes") = std::to_string(usage) + "\n";
    file(folder + "/memory.stat") = "hierarchical_memory_limit " + std::to_string(limit) +
                                    "\ntotal_inactive_file 0\ntotal_active_file 0\ntotal_dirty 0\ntotal_writeback 0\n";
  }
  /// Wakes the poller of a stall trigger; `certain` says whether the trigger itself fired.
  static void wake(const std::string& path, bool certain) {
    auto& file = state().polled.at(state().number_of(path));
    file.woken = true;
    file.certain = certain;
  }
  static void signal(const char* what) { ++state().signals[state().number_of(what)]; }
  [[nodiscard]] static std::pair<unsigned, bool> period() { return state().periods[state().number_of("timer")]; }
};

const std::string own_stalls = "/sys/fs/cgroup/box/memory.pressure", all_stalls = "/proc/pressure/memory";
const std::pair<unsigned, bool> off{};

pressure taken(monitor& m) { return m.take(m.events()); }

TEST_CASE("open uses every source that is available", "[pressure]") {
  const machine m;
  const auto used = [](const result<monitor>& opened) {
    std::vector<pressure_source> all;
    for (const auto s : {stalls, group_events, group_level, group_usage, polling})
      if (opened && opened->uses(s)) all.push_back(s);
    return all;
  };
  using sources = std::vector<pressure_source>;
  m.with_v2();
  CHECK(used(monitor::open()) == sources{stalls, group_events});
  m.file("/sys/fs/cgroup/box/memory.max") = "104857600\n";  // no event precedes this limit
  CHECK(used(monitor::open()) == sources{stalls, group_events, polling});
  m.file("/sys/fs/cgroup/box/memory.max") = "max\n";
  m.file("/sys/fs/cgroup/box/memory.high") = "104857600\n";
  CHECK(used(monitor::open()) == sources{stalls, group_events, polling});
  m.file("/sys/fs/cgroup/box/memory.high") = std::to_string(2048 * mib) + "\n";  // more than the machine has
  CHECK(used(monitor::open()) == sources{stalls, group_events});
  fake_pressure::limit_of_data = 64 * mib;
  CHECK(used(monitor::open()) == sources{stalls, group_events, polling});
  fake_pressure::limit_of_data = ~0ULL;
  m.with_v1();
  CHECK(used(monitor::open()) == sources{stalls, group_level});
  m.with_group_of_v1("/box", 100 * mib, 0);
  CHECK(used(monitor::open()) == sources{stalls, group_level, group_usage});
  m.kernel().files.erase(all_stalls);  // then no source reports on the machine
  CHECK(used(monitor::open()) == sources{group_level, group_usage, polling});
  m.kernel().files.erase("/sys/fs/cgroup/memory/box/cgroup.event_control");
  CHECK(used(monitor::open()) == sources{polling});
  CHECK(m.state().open.empty());
}

TEST_CASE("stalls are reported for the control group and for the machine", "[pressure]") {
  const machine m;
  m.with_v2();
  auto both = monitor::open(stalls);
  REQUIRE(both);
  CHECK((both->source() == stalls && both->events() == calls::linux_pressure::poll_input));
  CHECK(m.state().written == std::vector<std::string>{own_stalls + " <- some 100000 2000000" + std::string(1, '\0'),
                                                      all_stalls + " <- some 100000 2000000" + std::string(1, '\0')});
  CHECK(both->take(0) == pressure::none);
  CHECK(taken(*both) == pressure::none);  // the wake-up at the start means nothing
  m.wake(own_stalls, true);
  CHECK(taken(*both) == pressure::tight);
  CHECK(taken(*both) == pressure::none);

  // An outer poller may have consumed the event already, and another program's trigger wakes this poller as well.
  m.with_stalls(own_stalls, 99'999, 0);
  m.wake(own_stalls, false);
  CHECK(taken(*both) == pressure::none);
  m.with_stalls(own_stalls, 100'000, 0);
  m.wake(own_stalls, false);
  CHECK(taken(*both) == pressure::tight);
  m.wake(own_stalls, false);
  CHECK(taken(*both) == pressure::none);

  m.with_memory(100 * mib);  // less than an eighth, which is 128 MiB
  m.file("/proc/self/cgroup") = "0::/box\n";
  m.wake(all_stalls, true);
  CHECK(taken(*both) == pressure::tight);
}

TEST_CASE("stalls of the machine are reported only where this process may have to wait", "[pressure]") {
  const machine m;
  m.with_v1();
  m.with_stalls(all_stalls, 0, 0);
  auto one = monitor::open(stalls, {.at = pressure::critical, .stall_microseconds = 5000});
  REQUIRE(one);
  CHECK(m.state().written.back() == all_stalls + " <- full 5000 2000000" + std::string(1, '\0'));
  const auto told = [&] {
    m.wake(all_stalls, true);
    return taken(*one);
  };
  CHECK(told() == pressure::none);  // half of the machine is free, and the group has no limit
  m.with_group_of_v1("/box", 200 * mib, 100 * mib);
  CHECK(told() == pressure::none);
  m.with_group_of_v1("/box", 200 * mib, 140 * mib);
  CHECK(told() == pressure::critical);
  m.with_group_of_v1("/box", 200 * mib, 0);
  m.file("/proc/meminfo") = "MemTotal: 1048576 kB\nMemAvailable: 131072 kB\n";
  CHECK(told() == pressure::critical);
  m.kernel().files.erase("/proc/meminfo");
  CHECK(told() == pressure::critical);
}

TEST_CASE("cgroup v2 events report the pressure of the counter that has increased", "[pressure]") {
  const machine m;
  m.with_v2();
  const auto told = [&](pressure at, auto... events) {
    m.set_events(0, 0, 0);
    auto one = monitor::open(group_events, {.at = at});
    REQUIRE(one);
    std::vector<pressure> all{taken(*one)};
    const auto next = [&](const std::array<int, 3>& e) {
      m.set_events(e[0], e[1], e[2]);
      all.push_back(taken(*one));
    };
    (next(events), ...);
    return all;
  };
  using enum pressure;
  using three = std::array<int, 3>;
  CHECK(told(tight, three{1, 0, 0}, three{1, 0, 0}, three{1, 5, 0}, three{1, 6, 1}) ==
        std::vector{none, tight, none, tight, critical});
  CHECK(told(critical, three{1, 0, 0}, three{1, 5, 0}, three{1, 6, 1}) == std::vector{none, none, none, critical});
}

TEST_CASE("unreadable events are read later and those of a removed group are dropped", "[pressure]") {
  const machine m;
  m.with_v2();
  for (const auto& [code, is_gone] : {std::pair(ENOMEM, false), std::pair(EINTR, false), std::pair(ENODEV, true)}) {
    m.set_events(0, 0, 0);
    auto one = monitor::open(group_events);
    REQUIRE(one);
    m.set_events(1, 0, 0);
    m.state().calls = 0;
    m.state().failing = 3;  // the calls before open /proc/self/cgroup and read it to its end
    m.state().code = code;
    const int number = one->descriptor();
    CHECK(taken(*one) == pressure::none);
    m.state().failing = -1;
    CHECK(one->descriptor() == number);
    CHECK(taken(*one) == (is_gone ? pressure::none : pressure::tight));
  }
  auto one = monitor::open(group_events);
  REQUIRE(one);
  m.state().gone.insert("/sys/fs/cgroup/box/memory.events");
  CHECK((taken(*one) == pressure::none && one->descriptor() == -1 && m.state().open.empty()));
  CHECK(taken(*one) == pressure::none);
}

TEST_CASE("events of ancestor groups are reported for their own limits only", "[pressure]") {
  const machine m;
  m.with_v2();
  m.file("/proc/self/cgroup") = "0::/tenants/blue/box\n";
  const std::string tenants = "/sys/fs/cgroup/tenants", blue = tenants + "/blue", box = blue + "/box";
  m.file(box + "/memory.events") = "high 1\nmax 2\noom 0\noom_kill 0\n";
  m.file(blue + "/memory.events") = m.file(tenants + "/memory.events") = "high 9\nmax 9\noom 9\noom_kill 9\n";
  m.file(tenants + "/memory.events.local") = "high 0\nmax 7\noom 0\noom_kill 0\n";
  {
    auto all = monitor::open(group_events);
    REQUIRE(all);
    CHECK(m.state().polled.size() == 2);
    CHECK((m.state().polled.contains(m.state().number_of(box + "/memory.events")) &&
           m.state().polled.contains(m.state().number_of(tenants + "/memory.events.local"))));
    CHECK(m.state().open.at(all->descriptor()) == "poller");
    monitor moved = std::move(*all);
    CHECK(taken(moved) == pressure::none);
    m.file(tenants + "/memory.events.local") = "high 0\nmax 8\noom 0\noom_kill 0\n";
    CHECK(taken(moved) == pressure::tight);
    m.file(tenants + "/memory.events.local") = "high 0\nmax 8\noom 1\noom_kill 0\n";
    CHECK(taken(moved) == pressure::critical);
    CHECK(taken(moved) == pressure::none);
  }
  CHECK(m.state().open.empty());
  m.kernel().files.erase(box + "/memory.events");
  CHECK(monitor::open(group_events).error().code == errc::not_supported);
  CHECK(m.state().open.empty());
}

TEST_CASE("open listens to as many ancestor groups as fit and polls for all of them", "[pressure]") {
  const machine m;
  m.with_v2();
  std::string path, folder = "/sys/fs/cgroup";
  for (int level = 0; level != 100; ++level) {
    path += "/g";
    folder += "/g";
    m.file(folder + "/memory.events") = m.file(folder + "/memory.events.local") = "high 0\nmax 0\n";
    m.file(folder + "/memory.max") = level == 0 ? "104857600\n" : "max\n";
    m.file(folder + "/memory.current") = "94371840\n";  // 10 MiB are left
    m.file(folder + "/memory.stat") = "inactive_file 0\nactive_file 0\nfile_dirty 0\nfile_writeback 0\n";
  }
  m.file("/proc/self/cgroup") = "0::" + path + "\n";
  auto all = monitor::open();
  REQUIRE(all);
  CHECK((all->uses(group_events) && all->uses(polling)));
  CHECK(m.state().polled.size() < 20);
  CHECK(m.period() == std::pair(1000U, true));
  m.signal("timer");
  CHECK(taken(*all) == pressure::critical);
}

TEST_CASE("cgroup v1 levels are registered with a counter for each group", "[pressure]") {
  const machine m;
  m.with_v1("/tenants/blue/box");
  const std::string tenants = "/sys/fs/cgroup/memory/tenants", box = tenants + "/blue/box";
  m.with_group_of_v1("/tenants", 1ULL << 62, 0);
  const auto level = monitor::open(group_level, {.at = pressure::critical});
  REQUIRE(level);
  const std::vector<std::string>& lines = m.state().written;
  REQUIRE(lines.size() == 2);
  CHECK((lines[0].starts_with(box + "/cgroup.event_control <- ") && lines[0].ends_with(" critical")));
  CHECK((lines[1].starts_with(tenants + "/cgroup.event_control <- ") && lines[1].ends_with(" critical,local")));
  CHECK(m.state().open.size() == 2);

  auto tight = monitor::open(group_level);
  REQUIRE(tight);
  CHECK(lines[2].ends_with(" medium"));
  CHECK(taken(*tight) == pressure::none);
  for (auto& [fd, what] : m.state().open)
    if (what == "counter") m.state().signals[fd] = 3;
  CHECK(taken(*tight) == pressure::tight);
  CHECK(taken(*tight) == pressure::none);
}

TEST_CASE("thresholds are set below each limit of a cgroup v1 group", "[pressure]") {
  const machine m;
  m.with_v1("/tenants/box");
  m.with_group_of_v1("/tenants", 200 * mib, 0);
  m.with_group_of_v1("/tenants/box", 100 * mib, 0);
  m.file("/sys/fs/cgroup/memory/tenants/box/memory.memsw.limit_in_bytes") = std::to_string(120 * mib) + "\n";
  m.file("/sys/fs/cgroup/memory/tenants/box/memory.memsw.usage_in_bytes") = "0\n";
  auto one = monitor::open(group_usage, {.least_room = 40 * mib});
  REQUIRE(one);
  std::vector<std::uint64_t> thresholds;
  for (const std::string& line : m.state().written)
    thresholds.push_back(std::stoull(line.substr(line.rfind(' ') + 1)) / mib);
  CHECK(thresholds == std::vector<std::uint64_t>{60, 90, 80, 110, 160, 190});
  CHECK(m.period() == off);

  const auto told = [&](const char* by, std::uint64_t usage) {
    m.with_group_of_v1("/tenants/box", 100 * mib, usage);
    m.signal(by);
    return taken(*one);
  };
  CHECK((told("counter", 61 * mib) == pressure::tight && m.period() == std::pair(1000U, false)));
  CHECK((told("timer", 62 * mib) == pressure::tight));
  CHECK((told("counter", 91 * mib) == pressure::critical));
  CHECK((told("counter", 50 * mib) == pressure::none && m.period() == off));
  CHECK((told("counter", 59 * mib) == pressure::none && m.period() == std::pair(1000U, false)));  // and 60 before
  CHECK((told("timer", 61 * mib) == pressure::tight));
  m.file("/sys/fs/cgroup/memory/tenants/box/memory.memsw.usage_in_bytes") = std::to_string(115 * mib) + "\n";
  CHECK((told("counter", 50 * mib) == pressure::critical && m.period() == std::pair(1000U, false)));

  const auto worst = monitor::open(group_usage, {.at = pressure::critical, .least_room = 400 * mib});
  REQUIRE(worst);  // the usage exceeds most thresholds from the beginning
  CHECK(m.state().written.back().ends_with(" " + std::to_string(100 * mib)));
}

TEST_CASE("the usage of a group is polled while page cache may hide how much is left", "[pressure]") {
  const machine m;
  m.with_v1();
  m.with_stalls(all_stalls, 0, 0);
  const auto with_cache = [&](std::uint64_t bytes) {
    m.with_group_of_v1("/box", 100 * mib, 99 * mib);
    m.file("/sys/fs/cgroup/memory/box/memory.stat") = "hierarchical_memory_limit " + std::to_string(100 * mib) +
                                                      "\ntotal_inactive_file " + std::to_string(bytes) +
                                                      "\ntotal_active_file 0\ntotal_dirty 0\ntotal_writeback 0\n";
  };
  m.file("/sys/devices/system/cpu/online") = "0\n";
  with_cache(90 * mib);
  auto one = monitor::open(pressure_request{.poll_milliseconds = 50, .least_room = 20 * mib});
  REQUIRE(one);
  CHECK((m.period() == std::pair(50U, true) && !one->uses(polling)));
  m.signal("timer");
  CHECK((taken(*one) == pressure::none && m.period() == std::pair(50U, false)));
  with_cache(10 * mib);
  m.signal("timer");
  CHECK(taken(*one) == pressure::tight);
}

TEST_CASE("polling reports pressure where the room is below the requested amount", "[pressure]") {
  const machine m;
  m.with_memory(100 * mib);
  auto polled = monitor::open(pressure_request{.least_room = 80 * mib});
  REQUIRE(polled);
  CHECK(polled->source() == polling);
  const auto told = [&](std::uint64_t available) {
    m.with_memory(available);
    m.signal("timer");
    return taken(*polled);
  };
  CHECK(told(80 * mib) == pressure::none);
  CHECK(told(80 * mib - 4096) == pressure::tight);
  CHECK(told(20 * mib) == pressure::tight);
  CHECK(told(20 * mib - 4096) == pressure::critical);
  CHECK(taken(*polled) == pressure::none);  // no period has passed
  m.kernel().files.erase("/proc/meminfo");
  m.signal("timer");
  CHECK(taken(*polled) == pressure::none);
}

TEST_CASE("a process that moved to another group is notified of that group only", "[pressure]") {
  const machine m;
  SECTION("cgroup v1 signals that the former group was removed") {
    m.with_v1("/former");
    auto one = monitor::open();
    REQUIRE(one);
    const int number = one->descriptor();
    m.with_v1("/box");
    m.with_group_of_v1("/box", 100 * mib, 95 * mib);
    m.signal("counter");
    CHECK(taken(*one) == pressure::none);
    CHECK((one->descriptor() == number && one->uses(group_usage)));
    CHECK(m.state().written.back().starts_with("/sys/fs/cgroup/memory/box/"));
    CHECK(m.period() == std::pair(1000U, true));  // so that a shortage in the new group is reported at once
    m.signal("timer");
    CHECK(taken(*one) == pressure::critical);
  }
  SECTION("cgroup v2 files of the former group fail") {
    m.with_v2();
    m.file("/sys/fs/cgroup/former/memory.events") = "high 0\n";
    m.with_stalls("/sys/fs/cgroup/former/memory.pressure", 0, 0);
    m.file("/proc/self/cgroup") = "0::/former\n";
    auto one = monitor::open();
    REQUIRE(one);
    m.file("/proc/self/cgroup") = "0::/box\n";
    m.state().gone = {"/sys/fs/cgroup/former/memory.events", "/sys/fs/cgroup/former/memory.pressure"};
    CHECK(taken(*one) == pressure::none);
    CHECK(m.state().number_of("/sys/fs/cgroup/box/memory.events") != -1);
    CHECK(m.state().number_of("/sys/fs/cgroup/former/memory.events") == -1);
    m.set_events(0, 1, 0);
    CHECK(taken(*one) == pressure::tight);
  }
  CHECK(m.state().open.empty());
}

TEST_CASE("a monitor without a source for the new group has no descriptor", "[pressure]") {
  const machine m;
  m.with_v1("/former");
  auto one = monitor::open(group_level);
  REQUIRE(one);
  m.with_memory(mib);
  m.signal("counter");
  CHECK((taken(*one) == pressure::none && one->descriptor() == -1 && m.state().open.empty()));
}

TEST_CASE("open is not_supported where no source is available", "[pressure]") {
  const machine m;
  for (const pressure_source each : {stalls, group_events, group_level, group_usage, polling}) {
    const auto got = monitor::open(each);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::not_supported);
  }
  CHECK(monitor::open().error().code == errc::not_supported);
  CHECK(m.state().open.empty());
  m.with_v1();
  CHECK(monitor::open(group_events).error().code == errc::not_supported);
  CHECK(monitor::open(group_usage).error().code == errc::not_supported);
  m.with_v2();
  CHECK(monitor::open(group_level).error().code == errc::not_supported);
  CHECK(monitor::open(group_usage).error().code == errc::not_supported);
}

TEST_CASE("open refuses an invalid request before any call", "[pressure]") {
  const machine m;
  m.with_v2();
  for (const pressure_request& request :
       {pressure_request{.at = pressure::none}, pressure_request{.stall_microseconds = 0},
        pressure_request{.stall_microseconds = 2'000'001}, pressure_request{.poll_milliseconds = 0}})
    CHECK(monitor::open(request).error().code == errc::invalid_argument);
  CHECK(m.state().calls == 0);
}

TEST_CASE("a move keeps the descriptor of a monitor and destruction closes it", "[pressure]") {
  const machine m;
  m.with_v2();
  {
    auto events = monitor::open(group_events);
    auto other = monitor::open(stalls);
    REQUIRE((events && other));
    const int of_events = events->descriptor();
    monitor moved = std::move(*events);
    CHECK((moved.descriptor() == of_events && events->descriptor() == -1));
    moved = std::move(*other);
    CHECK((moved.source() == stalls && moved.descriptor() != of_events));
    CHECK(m.state().open.size() == 3);
  }
  CHECK(m.state().open.empty());
}

TEST_CASE("a failing call of a monitor leaks no descriptor", "[pressure]") {
  const auto fail_each = [](void (*make)(), std::optional<pressure_source> source) {
    for (const int code : {EACCES, EPERM, ENOENT, EMFILE, ENFILE, ENOMEM, EINVAL, EIO, EOPNOTSUPP})
      for (int failing = 0;; ++failing) {
        const machine m;
        make();
        m.state().failing = failing;
        m.state().code = code;
        const auto open = [&] { return source ? monitor::open(*source) : monitor::open(); };
        {
          auto got = open();
          if (!got) CHECK((got.error().code != errc::invalid_argument && m.state().open.empty()));
          if (got) {
            CHECK(m.state().open.size() == m.state().polled.size() + 1);
            for (const auto& [fd, what] : m.state().open) m.state().signals[fd] = 1;
            CHECK(taken(*got) <= pressure::critical);
            m.file("/proc/self/cgroup") = "0::/nowhere\n4:memory:/nowhere\n";
            CHECK(taken(*got) <= pressure::critical);
            CHECK((got->descriptor() == -1 ? m.state().open.empty()
                                           : m.state().open.size() == m.state().polled.size() + 1));
          }
        }
        CHECK(m.state().open.empty());
        if (m.state().calls <= failing) break;
      }
  };
  constexpr auto limited_v1 = [] {
    machine::with_v1();
    machine::with_group_of_v1("/box", 100 * mib, 90 * mib);
  };
  constexpr auto limited_v2 = [] {
    machine::with_v2();
    machine::file("/sys/fs/cgroup/box/memory.max") = "104857600\n";
  };
  fail_each(machine::with_v2, stalls);
  fail_each(machine::with_v2, group_events);
  fail_each(limited_v1, group_level);
  fail_each(limited_v1, group_usage);
  fail_each([] { machine::with_memory(mib); }, polling);
  fail_each(limited_v1, std::nullopt);
  fail_each(limited_v2, std::nullopt);
}

TEST_CASE("open fails rather than omit a source for lack of descriptors", "[pressure]") {
  machine::with_v2();
  for (int failing = 0;; ++failing) {
    const machine m;
    m.with_v2();
    m.state().failing = failing;
    m.state().code = EMFILE;
    const auto got = monitor::open();
    if (m.state().calls <= failing) break;
    INFO("call " << failing << " fails");
    if (!got) CHECK((got.error().code == errc::system && got.error().native == EMFILE));
    if (got) CHECK(got->uses(stalls));  // the file that could not be opened does not matter
  }
}

TEST_CASE("open returns the native code of the call that failed", "[pressure]") {
  const machine m;
  m.with_v1();
  m.state().failing = 0;
  for (const auto& [code, expected] : {std::pair(EACCES, errc::not_permitted), std::pair(EMFILE, errc::system)}) {
    for (int failing = 0;; ++failing) {
      m.state() = {};
      m.state().failing = failing;
      m.state().code = code;
      const auto got = monitor::open(group_level);
      if (m.state().calls <= failing) break;
      if (got || got.error().native != code) continue;  // a file of /proc, without which the group is unknown
      CHECK(got.error().code == expected);
    }
  }
}

}  // namespace
}  // namespace quire::test
