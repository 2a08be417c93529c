// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory events that control groups of version 2 count: those of this process's group and of its ancestors.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <quire/system/linux/cgroup_memory.hpp>
#include <quire/system/linux/poller.hpp>
#include <quire/system/pressure.hpp>

namespace quire::detail {

/// Counts how often memory ran short. memory.events of a group covers the group and its descendants, but not its
/// ancestors, whose limits apply to it as well: their memory.events.local counts encounters with their own limits.
template <class Calls>
class group_events {
 public:
  /// From now on `all` is notified of each change until `read`. Returns 0, or the native code if the process's own
  /// group cannot be watched; ancestors are watched as far as possible, up to `most` files in all.
  [[nodiscard]] int start(const control_group_place& place, const poller<Calls>& all, unsigned id) noexcept {
    int failed = 0;
    for_each_group<memory_group<Calls>>(place, [&](const auto& group, const auto* inside) {
      if (failed != 0) return;
      const bool is_own = inside == nullptr;
      const int n = add(group.path_of(is_own ? "memory.events" : "memory.events.local"), all, id);
      if (is_own || is_shortage<Calls>(n)) failed = n;
    });
    // The departure of the last process from a group is reported, at most every 10 ms; the removal of the group is not.
    if (failed == 0)
      if (const int n = add(own_group<Calls>(place).path_of("cgroup.events"), all, id); is_shortage<Calls>(n))
        failed = n;
    if (failed == 0 && read(told_) != 0) failed = Calls::unsupported;
    if (failed != 0) stop(all);
    return failed;
  }
  void stop(const poller<Calls>& all) noexcept {
    while (count_ != 0) all.remove(files_[--count_]);
  }
  [[nodiscard]] bool is_on() const noexcept { return count_ != 0; }

  /// Reports which counters have risen since the last call. Reading makes the kernel report the next change. Returns
  /// false if a file can no longer be read because its group is gone.
  [[nodiscard]] bool take(pressure least, pressure& told) noexcept {
    counters now;
    if (const int n = read(now)) return n == Calls::interrupted || n == Calls::no_memory;
    const counters before = std::exchange(told_, now);
    if (now.critical != before.critical)
      told = pressure::critical;
    else if (now.tight != before.tight && least == pressure::tight)
      told = pressure::tight;
    return true;
  }

 private:
  static constexpr std::size_t most = 16;
  struct counters {
    std::uint64_t tight = 0, critical = 0;
  };

  int add(const path_buffer& path, const poller<Calls>& all, unsigned id) noexcept {
    if (count_ == most) return 0;
    descriptor<Calls> file(Calls::open_to_read(path.c_str()));
    if (!file.is_open()) return file.error();
    if (const int n = all.add(file, Calls::poll_changes, id)) return n;
    files_[count_++] = std::move(file);
    return 0;
  }
  /// Reads all files. Returns 0, or the native code if one cannot be read.
  [[nodiscard]] int read(counters& now) const noexcept {
    now = {};
    for (std::size_t i = 0; i < count_; ++i)
      if (const int n = add_counters(files_[i].number(), now)) return n;
    return 0;
  }
  static int add_counters(int file, counters& now) noexcept {
    std::array<char, 512> text;
    const long n = Calls::read_at(file, text.data(), text.size(), 0);
    if (n <= 0) return n == 0 ? Calls::no_device : static_cast<int>(-n);
    for (std::string_view rest(text.data(), static_cast<std::size_t>(n)); !rest.empty();) {
      const std::string_view line = take_until(rest, '\n');
      std::uint64_t times = 0;
      for (const std::string_view key : {"high", "max"})
        if (read_value(line, key, times)) now.tight += times;
      for (const std::string_view key : {"oom", "oom_kill"})
        if (read_value(line, key, times)) now.critical += times;
    }
    return 0;
  }

  std::array<descriptor<Calls>, most> files_;
  std::size_t count_ = 0;
  counters told_;  // as of the last reading
};

}  // namespace quire::detail
