// Being told by this kernel that memory gets short, which it is made to be in a control group of the test's own.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <poll.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <quire/pressure_monitor.hpp>

#include "support/catch.hpp"
#include "support/catch_seam.hpp"
#include "support/droppable_file.hpp"
#include "support/limited_group.hpp"
#include "support/sanitizers.hpp"

namespace quire::test {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20, limit = 16 * mib;

void expect(bool holds, const char* what, const std::source_location& where = std::source_location::current()) {
  catch_seam::check(holds, what, where);
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

/// Without a limit of its own, in one that has.
class inner_group {
 public:
  explicit inner_group(const limited_group& around) : path_(around.path() + "/inner") {
    if (!around.is_v1()) (void)write(around.path() + "/cgroup.subtree_control", "+memory");
    ::mkdir(path_.c_str(), 0755);
  }
  inner_group(const inner_group&) = delete;
  inner_group& operator=(const inner_group&) = delete;
  /// The group vanishes when its last process has, which takes a moment.
  ~inner_group() {
    for (int tries = 0; tries < 200 && ::rmdir(path_.c_str()) != 0 && errno == EBUSY; ++tries) ::usleep(10'000);
  }
  [[nodiscard]] bool enter() const { return write(path_ + "/cgroup.procs", std::to_string(::getpid())); }

 private:
  std::string path_;
};

/// In a child: makes memory short until that is told.
template <class Group>
void be_told(const Group& group, pressure_source source) {
  ::alarm(120);
  expect(group.enter(), "a process can be put into its group");
  auto monitor = pressure_monitor::open(source, {.stall_microseconds = 1000});
  expect(monitor.has_value(), "a kernel that tells can be listened to");
  if (!monitor) return;
  const droppable_file too_large(3 * limit);  // reading it drives itself out of memory again and again
  const pressure_wish usual;
  for (int times = 0; times < 500; ++times) {
    if (!too_large.read()) return report_skip("there is no file on a disk");
    if (const pressure told = monitor->take(poll(*monitor, 10)); told != pressure::none)
      return expect(told == usual.at || told == pressure::critical, "it is told as it was asked for");
  }
  expect(false, "it is told");
}

/// Asked of the kernel directly, so that a monitor that wrongly says `not_supported` fails.
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
  catch_seam::run_isolated(name(source), [&] { be_told(group, source); });
}

/// The own group's events and level tell nothing of it.
TEST_CASE("this kernel tells of the limit of a group around this one", "[pressure]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer takes memory of its own");
  const limited_group group(limit, killer::on);
  if (group.missing() != nullptr) return skip(group.missing());
  const pressure_source source = group.is_v1() ? pressure_source::group_level : pressure_source::group_events;
  if (const char* const why = missing(group, source)) return skip(why);
  if (!group.is_v1() && ::access((group.path() + "/memory.events.local").c_str(), R_OK) != 0)
    return skip("this kernel does not tell of one group alone");
  const inner_group inner(group);
  catch_seam::run_isolated(name(source), [&] { be_told(inner, source); });
}

TEST_CASE("this kernel tells of stalls", "[pressure]") { test_source(pressure_source::stalls); }
TEST_CASE("this kernel tells of events in a group of version 2", "[pressure]") {
  test_source(pressure_source::group_events);
}
TEST_CASE("this kernel tells of the level of a group of version 1", "[pressure]") {
  test_source(pressure_source::group_level);
}

TEST_CASE("a timer asks for the room on this machine", "[pressure]") {
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

TEST_CASE("some source can be had wherever limits can be seen", "[pressure]") {
  const auto polled = pressure_monitor::open(pressure_source::polling);
  const auto any = pressure_monitor::open();
  CHECK((any.has_value() || !polled.has_value()));
  if (any) CHECK(poll(*any, 0) <= any->events());
}

}  // namespace
}  // namespace quire::test
