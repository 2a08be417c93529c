// Being told that memory gets short: on pretended machines, with every call failing in turn.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <quire/pressure_monitor.hpp>

#include "support/catch.hpp"
#include "support/pretended_kernel.hpp"

namespace quire::test {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

/// What a pretended kernel knows of its descriptors, from 1000 on.
struct watched {
  std::map<int, std::string> open;  // what each is
  std::vector<std::string> written, polled;
  int next = 1000;
  std::uint64_t signals = 0;    // that a timer or a counter has for its reader
  int failing = -1, calls = 0;  // the call that fails, and how many there were
  int code = EIO;
};

struct pretended_pressure : calls::linux_pressure {
  static inline watched now;

  static int open_to_read(const char* path) noexcept { return opened(path); }
  static int open_to_watch(const char* path) noexcept { return opened(path); }
  static int open_to_write(const char* path) noexcept { return opened(path); }
  static int make_counter() noexcept { return fails() ? -now.code : made("counter"); }
  static int make_timer() noexcept { return fails() ? -now.code : made("timer"); }
  static int set_period(int, unsigned) noexcept { return fails() ? now.code : 0; }
  static int make_poller() noexcept { return fails() ? -now.code : made("poller"); }
  static int poll_for_changes(int poller, int file) noexcept {
    if (fails()) return now.code;
    now.polled.push_back(now.open.at(poller) + " <- " + now.open.at(file));
    return 0;
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
    if (now.signals == 0) return -EAGAIN;
    std::memcpy(buffer, &now.signals, sizeof now.signals);
    now.signals = 0;
    return sizeof now.signals;
  }
  static long read_at(int fd, void* buffer, std::size_t bytes, std::uint64_t offset) noexcept {
    if (fails()) return -now.code;
    std::size_t at = offset;
    return text_at(fd, buffer, bytes, at, false);
  }
  static void close(int fd) noexcept {
    now.open.erase(fd);
    offsets().erase(fd);
  }
  static unsigned long long soft_limit(int) noexcept { return ~0ULL; }
  static int get_mempolicy(int*, unsigned long*, unsigned long, const void*, unsigned long) noexcept { return EPERM; }

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
    return pretence::kernel().files.contains(path) ? made(path) : -ENOENT;
  }
  static long text_at(int fd, void* buffer, std::size_t bytes, std::size_t& offset, bool moves) {
    const std::string& text = pretence::kernel().files[now.open.at(fd)];
    const std::size_t n = offset < text.size() ? std::min(bytes, text.size() - offset) : 0;
    std::memcpy(buffer, text.data() + std::min(offset, text.size()), n);
    if (moves) offset += n;
    return static_cast<long>(n);
  }
};
using monitor = basic_pressure_monitor<pretended_pressure>;
using enum pressure_source;

/// From here to the end of the test.
struct machine : pretence {
  machine() { pretended_pressure::now = {}; }
  ~machine() { pretended_pressure::now = {}; }
  static watched& books() { return pretended_pressure::now; }
  static void with_memory(std::uint64_t available) {
    file("/proc/self/cgroup") = "0::/\n";
    file("/proc/self/mountinfo") = "30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    file("/sys/fs/cgroup/cgroup.procs") = "1\n";
    file("/proc/sys/vm/overcommit_memory") = "0\n";
    file("/sys/devices/system/node/has_memory") = "0\n";
    file("/proc/meminfo") = "MemTotal: 1048576 kB\nMemAvailable: " + std::to_string(available / 1024) + " kB\n";
  }
  static void with_v2() {
    with_memory(512 * mib);
    file("/proc/self/cgroup") = "0::/box\n";
    file("/sys/fs/cgroup/box/memory.pressure") = file("/proc/pressure/memory") = "some avg10=0.00\n";
    set_events(0, 0, 0);
  }
  static void set_events(int high, int max, int oom) {
    file("/sys/fs/cgroup/box/memory.events") = "low 7\nhigh " + std::to_string(high) + "\nmax " + std::to_string(max) +
                                               "\noom " + std::to_string(oom) + "\noom_kill 0\n";
  }
  static void with_v1() {
    with_memory(512 * mib);
    file("/proc/self/cgroup") = "4:memory:/box\n";
    file("/proc/self/mountinfo") = "30 20 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
    file("/sys/fs/cgroup/memory/box/memory.pressure_level") = "";
    file("/sys/fs/cgroup/memory/box/cgroup.event_control") = "";
  }
};

short ready(const monitor& m) { return m.events(); }

TEST_CASE("stalls are those of the control group, or else of the machine", "[pressure]") {
  const machine m;
  m.with_v2();
  auto first = monitor::open();
  REQUIRE(first);
  CHECK(first->source() == stalls);
  CHECK(first->events() == calls::linux_pressure::poll_priority);
  CHECK(m.books().open == std::map<int, std::string>{{first->descriptor(), "/sys/fs/cgroup/box/memory.pressure"}});
  CHECK(m.books().written.back() == "/sys/fs/cgroup/box/memory.pressure <- some 100000 2000000" + std::string(1, '\0'));
  CHECK(first->take(0) == pressure::none);
  CHECK(first->take(ready(*first)) == pressure::tight);

  m.kernel().files.erase("/sys/fs/cgroup/box/memory.pressure");
  auto second = monitor::open(stalls, {.at = pressure::critical, .stall_microseconds = 5000});
  REQUIRE(second);
  CHECK(m.books().written.back() == "/proc/pressure/memory <- full 5000 2000000" + std::string(1, '\0'));
  CHECK(second->take(ready(*second)) == pressure::critical);

  // The group is gone, which the kernel tells for ever.
  const short gone = static_cast<short>(ready(*second) | calls::linux_pressure::poll_error);
  CHECK((second->take(gone) == pressure::none && second->descriptor() == -1));
  CHECK((second->take(gone) == pressure::none && m.books().open.size() == 1));
}

TEST_CASE("events of a group of version 2 are told apart by what has become more", "[pressure]") {
  const machine m;
  m.with_v2();
  auto all = monitor::open(group_events);
  auto worst = monitor::open(group_events, {.at = pressure::critical});
  REQUIRE((all && worst));
  const auto told = [&] { return std::pair(all->take(ready(*all)), worst->take(ready(*worst))); };
  CHECK(told() == std::pair(pressure::none, pressure::none));
  m.set_events(1, 0, 0);
  CHECK(told() == std::pair(pressure::tight, pressure::none));
  CHECK(told() == std::pair(pressure::none, pressure::none));
  m.set_events(1, 5, 0);
  CHECK(told() == std::pair(pressure::tight, pressure::none));
  m.set_events(1, 6, 1);
  CHECK(told() == std::pair(pressure::critical, pressure::critical));
  m.set_events(1, 7, 1);
  for (const auto& [code, is_gone] : {std::pair(ENOMEM, false), std::pair(EINTR, false), std::pair(ENODEV, true)}) {
    auto one = monitor::open(group_events);
    REQUIRE(one);
    m.books().failing = m.books().calls;
    m.books().code = code;
    CHECK(one->take(ready(*one)) == pressure::none);
    CHECK((one->descriptor() == -1) == is_gone);
    m.books().failing = -1;
  }
  (void)told();
  m.kernel().files["/sys/fs/cgroup/box/memory.events"] = "";
  CHECK(told() == std::pair(pressure::none, pressure::none));
  CHECK((all->descriptor() == -1 && worst->descriptor() == -1));
}

TEST_CASE("events of the groups around are told too, those of their own limits", "[pressure]") {
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
    CHECK(all->events() == calls::linux_pressure::poll_input);
    CHECK(m.books().polled == std::vector<std::string>{"poller <- " + box + "/memory.events",
                                                       "poller <- " + tenants + "/memory.events.local"});
    CHECK(m.books().open.at(all->descriptor()) == "poller");
    monitor moved = std::move(*all);
    const auto told = [&] { return moved.take(ready(moved)); };
    CHECK(told() == pressure::none);
    m.file(tenants + "/memory.events.local") = "high 0\nmax 8\noom 0\noom_kill 0\n";
    CHECK(told() == pressure::tight);
    m.file(tenants + "/memory.events.local") = "high 0\nmax 8\noom 1\noom_kill 0\n";
    CHECK(told() == pressure::critical);
    CHECK(told() == pressure::none);
  }
  CHECK(m.books().open.empty());
  m.kernel().files.erase(box + "/memory.events");
  CHECK(monitor::open(group_events).error().code == errc::not_supported);
  CHECK(m.books().open.empty());
}

TEST_CASE("the levels of the groups around are registered too, where they can be", "[pressure]") {
  const machine m;
  m.with_v1();
  m.file("/proc/self/cgroup") = "4:memory:/tenants/blue/box\n";
  const std::string tenants = "/sys/fs/cgroup/memory/tenants", box = tenants + "/blue/box";
  for (const std::string& group : {box, tenants})
    m.file(group + "/memory.pressure_level") = m.file(group + "/cgroup.event_control") = "";
  const auto level = monitor::open(group_level, {.at = pressure::critical});
  REQUIRE(level);
  const std::vector<std::string>& lines = m.books().written;
  REQUIRE(lines.size() == 2);
  CHECK((lines[0].starts_with(box + "/cgroup.event_control <- ") && lines[0].ends_with(" critical")));
  CHECK((lines[1].starts_with(tenants + "/cgroup.event_control <- ") && lines[1].ends_with(" critical,local")));
  CHECK(m.books().open == std::map<int, std::string>{{level->descriptor(), "counter"}});
}

TEST_CASE("the level of a group of version 1 is registered with a counter", "[pressure]") {
  const machine m;
  m.with_v1();
  auto level = monitor::open();
  REQUIRE(level);
  CHECK(level->source() == group_level);
  CHECK(level->events() == calls::linux_pressure::poll_input);
  CHECK(m.books().open == std::map<int, std::string>{{level->descriptor(), "counter"}});
  const std::string& line = m.books().written.back();
  CHECK(line.starts_with("/sys/fs/cgroup/memory/box/cgroup.event_control <- " + std::to_string(level->descriptor()) +
                         " "));
  CHECK(line.ends_with(" medium"));
  CHECK(level->take(ready(*level)) == pressure::none);
  m.books().signals = 3;
  CHECK(level->take(ready(*level)) == pressure::tight);
  CHECK(level->take(ready(*level)) == pressure::none);
  CHECK(monitor::open(group_level, {.at = pressure::critical}));
  CHECK(m.books().written.back().ends_with(" critical"));
}

TEST_CASE("polling compares room with what was asked for", "[pressure]") {
  const machine m;
  m.with_memory(100 * mib);
  auto polled = monitor::open(pressure_wish{.least_room = 80 * mib});
  REQUIRE(polled);
  CHECK(polled->source() == polling);
  const auto told = [&](std::uint64_t available) {
    m.with_memory(available);
    m.books().signals = 1;
    return polled->take(ready(*polled));
  };
  CHECK(told(80 * mib) == pressure::none);
  CHECK(told(80 * mib - 4096) == pressure::tight);
  CHECK(told(20 * mib) == pressure::tight);
  CHECK(told(20 * mib - 4096) == pressure::critical);
  CHECK(polled->take(ready(*polled)) == pressure::none);  // no period has passed
  m.kernel().files.erase("/proc/meminfo");
  m.books().signals = 1;
  CHECK(polled->take(ready(*polled)) == pressure::none);
}

TEST_CASE("where nothing tells there is no monitor", "[pressure]") {
  const machine m;
  for (const pressure_source each : {stalls, group_events, group_level, polling}) {
    const auto got = monitor::open(each);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::not_supported);
  }
  CHECK(monitor::open().error().code == errc::not_supported);
  CHECK(m.books().open.empty());
  m.with_v1();
  CHECK(monitor::open(group_events).error().code == errc::not_supported);
  m.with_v2();
  CHECK(monitor::open(group_level).error().code == errc::not_supported);
}

TEST_CASE("a wish without sense is refused", "[pressure]") {
  const machine m;
  m.with_v2();
  for (const pressure_wish& wish :
       {pressure_wish{.at = pressure::none}, pressure_wish{.stall_microseconds = 0},
        pressure_wish{.stall_microseconds = 2'000'001}, pressure_wish{.poll_milliseconds = 0}})
    CHECK(monitor::open(wish).error().code == errc::invalid_argument);
  CHECK(m.books().calls == 0);
}

TEST_CASE("a monitor moves, and closes what it has", "[pressure]") {
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
    m.set_events(1, 0, 0);
  }
  CHECK(m.books().open.empty());
}

TEST_CASE("every call fails, and no descriptor is lost", "[pressure]") {
  const auto fail_each = [](void (*make)(), pressure_source source) {
    for (const int code : {EACCES, EPERM, ENOENT, EMFILE, ENOMEM, EINVAL, EIO, EOPNOTSUPP})
      for (int failing = 0;; ++failing) {
        const machine m;
        make();
        m.books().failing = failing;
        m.books().code = code;
        {
          auto got = monitor::open(source);
          if (!got) CHECK(got.error().code != errc::invalid_argument);
          if (got) {
            CHECK(m.books().open.size() == (source == group_events ? 2 : 1));
            m.books().signals = 1;
            CHECK(got->take(ready(*got)) <= pressure::critical);
          }
        }
        CHECK(m.books().open.empty());
        if (m.books().calls <= failing) break;
      }
  };
  fail_each(machine::with_v2, stalls);
  fail_each(machine::with_v2, group_events);
  fail_each(machine::with_v1, group_level);
  fail_each([] { machine::with_memory(mib); }, polling);
}

TEST_CASE("what failed is told", "[pressure]") {
  const machine m;
  m.with_v1();
  m.books().failing = 0;
  for (const auto& [code, expected] : {std::pair(EACCES, errc::not_permitted), std::pair(EMFILE, errc::system)}) {
    for (int failing = 0;; ++failing) {
      m.books() = {};
      m.books().failing = failing;
      m.books().code = code;
      const auto got = monitor::open(group_level);
      if (m.books().calls <= failing) break;
      if (got || got.error().native != code) continue;  // a file of /proc, without which the group is not known
      CHECK(got.error().code == expected);
    }
  }
}

}  // namespace
}  // namespace quire::test
