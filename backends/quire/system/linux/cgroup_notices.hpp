// SPDX-License-Identifier: BSL-1.0
#pragma once
// Notifications of control groups of version 1 through an eventfd: of their pressure level, and of usage that crosses a
// threshold.
#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include <quire/system/linux/cgroup_memory.hpp>
#include <quire/system/linux/poller.hpp>
#include <quire/system/pressure.hpp>
#include <quire/system/text/path_buffer.hpp>

namespace quire::detail {

/// One counter for any number of files. The kernel also adds to it when one of the groups is removed.
template <class Calls>
class group_notices : public polled_counter<Calls> {
 public:
  /// 0 or errno.
  [[nodiscard]] int start(const poller<Calls>& all, unsigned id) noexcept {
    return polled_counter<Calls>::start(Calls::make_counter(), all, id);
  }
  /// Registers by a line in cgroup.event_control; the kernel keeps what it needs of both files. Returns 0 or errno.
  [[nodiscard]] int add(const memory_group<Calls>& of, std::string_view what, const path_buffer& argument) noexcept {
    const descriptor<Calls> file(Calls::open_to_read(of.path_of(what).c_str()));
    if (!file.is_open()) return file.error();
    const descriptor<Calls> control(Calls::open_to_write(of.path_of("cgroup.event_control").c_str()));
    if (!control.is_open()) return control.error();
    path_buffer line;
    ((line += static_cast<std::uint64_t>(this->number())) += " ") += static_cast<std::uint64_t>(file.number());
    (line += " ") += argument.view();
    const long n = Calls::write(control.number(), line.c_str(), line.view().size());
    return n < 0 ? static_cast<int>(-n) : 0;
  }
};

/// memory.pressure_level of this process's group, descendants included, and of its ancestors, as far as accessible, in
/// the mode that reports only their own limits: without "local" they would report groups beside this one.
template <class Calls>
class group_level : public group_notices<Calls> {
 public:
  [[nodiscard]] int start(const control_group_place& place, const pressure_request& request, const poller<Calls>& all,
                          unsigned id) noexcept {
    if (const int n = group_notices<Calls>::start(all, id)) return n;
    const std::string_view level = request.at == pressure::critical ? "critical" : "medium";
    int failed = 0;
    for_each_group<memory_group<Calls>>(place, [&](const auto& group, const auto* inside) {
      if (failed != 0) return;
      path_buffer argument(level);
      if (inside != nullptr) argument += ",local";
      const int n = this->add(group, "memory.pressure_level", argument);
      if (inside == nullptr || is_shortage<Calls>(n)) failed = n;
    });
    if (failed != 0) this->stop(all);
    return failed;
  }
};

/// Usage thresholds below each limit on the path, for tight and for critical memory.
template <class Calls>
class group_usage : public group_notices<Calls> {
 public:
  /// Returns `unsupported` if no group has a limit.
  [[nodiscard]] int start(const control_group_place& place, const pressure_request& request, const poller<Calls>& all,
                          unsigned id) noexcept {
    if (const int n = group_notices<Calls>::start(all, id)) return n;
    int failed = 0;
    bool found = false;
    covers_all_ = true;
    for_each_limit(place, [&](const memory_group<Calls>& group, std::string_view usage, std::uint64_t limit) {
      if (is_shortage<Calls>(failed)) return;
      const int n = add_thresholds(group, usage, limit, request);
      found = found || n == 0;
      if (n != 0) failed = n;
    });
    covers_all_ = failed == 0;
    if (found && !is_shortage<Calls>(failed)) return 0;
    this->stop(all);
    return failed != 0 ? failed : Calls::unsupported;
  }
  /// Whether every limit of a group has thresholds.
  [[nodiscard]] bool covers_all() const noexcept { return this->is_on() && covers_all_; }
  /// Whether a group has less than `least_room` left before its limit, or hides its usage.
  [[nodiscard]] static bool is_above(const control_group_place& place, std::uint64_t least_room) noexcept {
    bool above = false;
    for_each_limit(place, [&](const memory_group<Calls>& group, std::string_view usage, std::uint64_t limit) {
      const optional_count used = group.number(usage);
      above = above || !used || limit - std::min(limit, *used) < least_room;
    });
    return above;
  }

 private:
  template <class F>
  static void for_each_limit(const control_group_place& place, F f) noexcept {
    for_each_group<memory_group<Calls>>(place, [&](const memory_group<Calls>& group, const memory_group<Calls>*) {
      for (const memory_limit& which : group.limits())
        if (const optional_count limit = group.read(which); limit && *limit != no_limit) f(group, which.usage, *limit);
    });
  }
  [[nodiscard]] int add_thresholds(const memory_group<Calls>& group, std::string_view usage, std::uint64_t limit,
                                   const pressure_request& request) noexcept {
    for (const std::uint64_t room : {request.least_room, request.least_room / 4}) {
      if (room >= limit || (room == request.least_room && request.at == pressure::critical))
        continue;  // it is passed already
      if (const int n = this->add(group, usage, path_buffer() += limit - room)) return n;
    }
    return 0;
  }

  bool covers_all_ = false;
};

}  // namespace quire::detail
