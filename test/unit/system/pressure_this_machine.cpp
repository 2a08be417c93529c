// SPDX-License-Identifier: BSL-1.0
// Notification of memory pressure by this kernel, provoked in a control group of the test's own.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <quire/platform/linux.hpp>
#include <quire/pressure_monitor.hpp>
#include <quire/residency/assured.hpp>

#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/child.hpp"
#include "support/process/droppable_file.hpp"
#include "support/process/limited_group.hpp"
#include "support/process/sanitizers.hpp"

namespace quire::test {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20, limit = 16 * mib;

void expect(bool holds, const char* what, const std::source_location& where = std::source_location::current()) {
  test_environment::check(holds, what, where);
}

short poll(const pressure_monitor& monitor, int milliseconds) {
  pollfd one{monitor.descriptor(), monitor.events(), 0};
  return ::poll(&one, 1, milliseconds) > 0 ? one.revents : short{0};
}

bool write(const std::string& path, const std::string& text) {
  std::ofstream file{path};
  file << text << std::flush;
  return file.good();
}

/// A group without a limit of its own inside a limited group.
class inner_group {
 public:
  explicit inner_group(const limited_group& around, const std::string& name = "inner")
      : path_(around.path() + '/' + name) {
    if (!around.is_v1()) (void)write(around.path() + "/cgroup.subtree_control", "+memory");
    ::mkdir(path_.c_str(), 0755);
  }
  inner_group(const inner_group&) = delete;
  inner_group& operator=(const inner_group&) = delete;
  /// The group can be removed once its last process has gone, which takes a moment.
  ~inner_group() {
    for (int tries = 0; tries < 200 && ::rmdir(path_.c_str()) != 0 && errno == EBUSY; ++tries) ::usleep(10'000);
  }
  [[nodiscard]] bool enter() const { return write(path_ + "/cgroup.procs", std::to_string(::getpid())); }

 private:
  std::string path_;
};

/// In a child: makes memory short until pressure is reported.
template <class Group>
void be_told(const Group& group, pressure_source source) {
  ::alarm(600);
  expect(group.enter(), "a process can be put into its group");
  auto monitor = pressure_monitor::open(source, {.stall_microseconds = 1000});
  expect(monitor.has_value(), "a kernel that tells can be listened to");
  if (!monitor) return;
  const droppable_file too_large(3 * limit);  // reading it evicts its own pages again and again
  const pressure_request usual;
  for (int times = 0; times < 500; ++times) {
    if (!too_large.read()) return report_skip("there is no file on a disk");
    if (const pressure told = monitor->take(poll(*monitor, 10)); told != pressure::none)
      return expect(told == usual.at || told == pressure::critical, "it is told as it was asked for");
  }
  expect(false, "it is told");
}

/// Queries the kernel directly, so that a monitor that wrongly returns errc::not_supported fails.
const char* missing(const limited_group& group, pressure_source source) {
  if (source == pressure_source::group_events)
    return group.is_v1() ? "control groups of memory are of version 1" : nullptr;
  const bool is_level = source == pressure_source::group_level;
  if (is_level && !group.is_v1()) return "control groups of memory are of version 2";
  const std::string file = is_level ? group.path() + "/memory.pressure_level" : "/proc/pressure/memory";
  return ::access(file.c_str(), is_level ? R_OK : R_OK | W_OK) == 0 ? nullptr : "this kernel does not tell in this way";
}

void test_source(pressure_source source) {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer takes memory of its own");
  const limited_group group(limit, killer::on);
  if (group.missing() != nullptr) return skip(group.missing());
  if (const char* const why = missing(group, source)) return skip(why);
  test_environment::run_isolated(name(source), [&] { be_told(group, source); });
}

/// The inner group's own events and level do not report it.
TEST_CASE("this kernel reports pressure at the limit of an ancestor group", "[pressure]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer takes memory of its own");
  const limited_group group(limit, killer::on);
  if (group.missing() != nullptr) return skip(group.missing());
  const pressure_source source = group.is_v1() ? pressure_source::group_level : pressure_source::group_events;
  if (const char* const why = missing(group, source)) return skip(why);
  if (!group.is_v1() && ::access((group.path() + "/memory.events.local").c_str(), R_OK) != 0)
    return skip("this kernel does not tell of one group alone");
  const inner_group inner(group);
  test_environment::run_isolated(name(source), [&] { be_told(inner, source); });
}

TEST_CASE("this kernel reports stalls", "[pressure]") { test_source(pressure_source::stalls); }
TEST_CASE("this kernel reports events of a cgroup v2 group", "[pressure]") {
  test_source(pressure_source::group_events);
}
TEST_CASE("this kernel reports the pressure level of a cgroup v1 group", "[pressure]") {
  test_source(pressure_source::group_level);
}

TEST_CASE("a timer reports pressure where the room on this machine is too small", "[pressure]") {
  const auto told = [](std::uint64_t least_room) {
    auto monitor = pressure_monitor::open(pressure_source::polling, {.poll_milliseconds = 1, .least_room = least_room});
    if (!monitor) {
      CHECK(monitor.error().code == errc::not_supported);
      return pressure::none;
    }
    const short ready = poll(*monitor, 10000);
    CHECK(ready != 0);
    return monitor->take(ready);
  };
  CHECK(told(0) == pressure::none);
  if (!pressure_monitor::open(pressure_source::polling)) return skip("limits are hidden");
  CHECK(told(std::uint64_t{1} << 60) == pressure::critical);
}

TEST_CASE("some source is available wherever limits are visible", "[pressure]") {
  const auto polled = pressure_monitor::open(pressure_source::polling);
  const auto any = pressure_monitor::open();
  CHECK((any.has_value() || !polled.has_value()));
  if (any) CHECK(poll(*any, 0) <= any->events());
}

/// In a child: an assured memory grows to the limit of its group, which no event of the kernel precedes.
void be_told_before(const limited_group& group) {
  ::alarm(600);
  expect(group.enter(), "a process can be put into its group");
  auto monitor = pressure_monitor::open({.poll_milliseconds = 1, .least_room = group.limit() / 4});
  expect(monitor.has_value(), "a kernel that tells can be listened to");
  if (!monitor) return;
  expect(monitor->uses(group.is_v1() ? pressure_source::group_usage : pressure_source::polling),
         "a source that tells of the limit is used");
  using assured = linux_allocator::with_residency<residency::assured>;
  assured memory{limits{pages{8192}}};
  expect(memory.allocate(pages{0}).has_value(), "an empty memory needs nothing");
  bool tight = false, critical = false, by_timer = !group.is_v1();
  while (memory.grow(pages{8})) {
    if (by_timer) ::usleep(5000);  // lets a period of the timer pass
    const short ready = poll(*monitor, 0);
    by_timer = by_timer || ready != 0;  // the timer runs once a threshold was crossed
    const pressure told = monitor->take(ready);
    tight = tight || told == pressure::tight;
    critical = critical || told == pressure::critical;
  }
  expect(memory.size() > group.limit() / 2, "it grew until its group was full");
  expect(tight && critical, "it was told before");
}

TEST_CASE("pressure is reported before an assured memory in a full group is refused", "[pressure]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer takes memory of its own");
  const limited_group group(8 * limit, killer::on);
  if (group.missing() != nullptr) return skip(group.missing());
  if (group.is_v1() && ::access((group.path() + "/cgroup.event_control").c_str(), W_OK) != 0)
    return skip("this kernel does not tell in this way");
  test_environment::run_isolated("a group", [&] { be_told_before(group); });
}

/// In a child that moves from one group to another and removes the former.
void be_moved(const limited_group& outer, std::optional<inner_group>& former, const inner_group& next) {
  ::alarm(600);
  expect(former->enter(), "a process can be put into its group");
  const auto source = outer.is_v1() ? pressure_source::group_level : pressure_source::group_events;
  auto monitor = pressure_monitor::open(source);
  auto all = pressure_monitor::open();
  expect(monitor.has_value() && all.has_value(), "a kernel that tells can be listened to");
  if (!monitor || !all) return;
  // The kernel notifies of a file of a group at most every 10 ms, and drops a notification still pending when the group
  // is removed. Waiting longer than that since the process entered is enough.
  ::usleep(50'000);
  expect(next.enter(), "a process can be moved");
  former.reset();
  for (auto* each : {&*monitor, &*all}) {
    expect(poll(*each, 10'000) != 0, "that its group is gone is told");
    expect(each->take(each->events()) == pressure::none, "it is no alarm");
    expect(each->descriptor() >= 0 && each->uses(source), "the new group is listened to");
    for (int times = 0; times != 3; ++times)
      expect(each->take(poll(*each, 0)) == pressure::none, "and tells nothing yet");
  }
}

TEST_CASE("a removed group raises no alarm and the next group is monitored", "[pressure]") {
  const limited_group group(64 * limit, killer::on);
  if (group.missing() != nullptr) return skip(group.missing());
  const pressure_source source = group.is_v1() ? pressure_source::group_level : pressure_source::group_events;
  if (const char* const why = missing(group, source)) return skip(why);
  std::optional<inner_group> former(std::in_place, group, "former");
  const inner_group next(group, "next");
  test_environment::run_isolated(name(source), [&] { be_moved(group, former, next); });
}

/// In a child: its own child destroys its copy of the monitor and ends, and the monitor still reports.
TEST_CASE("a forked child that destroys its copy leaves the monitor of the parent intact", "[pressure]") {
  test_environment::run_isolated("a fork", [] {
    std::optional<pressure_monitor> monitor;
    if (auto opened = pressure_monitor::open(pressure_source::polling,
                                             {.poll_milliseconds = 1, .least_room = std::uint64_t{1} << 60}))
      monitor.emplace(std::move(*opened));
    if (!monitor) return report_skip("limits are hidden");
    const child_report child = run_in_child([&] { monitor.reset(); });
    expect(child.finished, "a child may destroy its copy");
    expect(monitor->take(poll(*monitor, 10'000)) == pressure::critical, "the parent is still told");
  });
}

/// In a child: with few descriptors left, open succeeds with all its sources, or fails and leaves none open.
TEST_CASE("open has all its sources or fails without a leak however few descriptors are left", "[pressure]") {
  const auto whole = pressure_monitor::open();
  if (!whole) return skip("nothing tells here");
  const auto uses_the_same = [&](const pressure_monitor& other) {
    for (const auto s : {pressure_source::stalls, pressure_source::group_events, pressure_source::group_level,
                         pressure_source::group_usage})
      if (whole->uses(s) != other.uses(s)) return false;
    return true;
  };
  test_environment::run_isolated("few descriptors", [&] {
    const int first = ::dup(0);
    ::close(first);
    for (int more = 0; more != 12; ++more) {
      const rlimit few{static_cast<rlim_t>(first + more), static_cast<rlim_t>(first + 64)};
      expect(::setrlimit(RLIMIT_NOFILE, &few) == 0, "fewer descriptors can be had");
      {
        const auto opened = pressure_monitor::open();
        if (!opened) expect(opened.error().native == EMFILE, "it is said why");
        if (more < 2) expect(!opened, "two descriptors are too few");
        if (more == 11) expect(opened && uses_the_same(*opened), "eleven are enough");
      }
      const rlimit enough{static_cast<rlim_t>(first + 64), static_cast<rlim_t>(first + 64)};
      expect(::setrlimit(RLIMIT_NOFILE, &enough) == 0, "more can be had again");
      const int next = ::dup(0);
      ::close(next);
      expect(next == first, "no descriptor is left open");
    }
  });
}

}  // namespace
}  // namespace quire::test
