// Being told by this kernel that memory gets short, which it is made to be in a control group of the test's own.
#include <cstddef>
#include <cstdint>
#include <poll.h>
#include <string>
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

/// In a child: makes memory short until that is told.
void be_told(const limited_group& group, pressure_source source) {
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
