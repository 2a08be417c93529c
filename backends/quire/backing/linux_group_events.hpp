#pragma once
// Events of memory that control groups of version 2 count: those of this process's group and of all around it.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <quire/backing/linux_cgroups.hpp>

namespace quire::detail {

/// How often memory got short. A group tells of itself and of those inside (memory.events), but not of those around it,
/// whose limits hold for it as well: of these, memory.events.local tells what met a limit of their own.
template <class Calls>
class group_events {
 public:
  struct counters {
    std::uint64_t tight = 0, critical = 0;
    friend constexpr bool operator==(const counters&, const counters&) = default;
  };

  group_events() = default;
  group_events(group_events&& other) noexcept : files_(other.files_), count_(std::exchange(other.count_, 0)) {}
  group_events& operator=(group_events&& other) noexcept {
    std::swap(files_, other.files_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~group_events() {
    for (std::size_t i = 0; i < count_; ++i) Calls::close(files_[i]);
  }

  /// From now on `poller` is told of each change until `read`. 0, or the system's code where the process's own group
  /// cannot be watched; of those around it as many as can be, up to `most` in all.
  [[nodiscard]] int watch(const control_group_place& place, int poller) noexcept {
    int failed = 0;
    for_each_memory_group<Calls>(place, [&](const memory_group<Calls>& group, const memory_group<Calls>* inside) {
      const bool is_own = inside == nullptr;
      const int n = add(group.path_of(is_own ? "memory.events" : "memory.events.local"), poller);
      if (is_own) failed = n;
    });
    return failed;
  }
  /// All together; 0, or the system's code where one cannot be read: `no_device` if its group is gone. Reading is what
  /// makes the kernel tell of the next change.
  [[nodiscard]] int read(counters& now) const noexcept {
    now = {};
    for (std::size_t i = 0; i < count_; ++i)
      if (const int n = add_counters(files_[i], now)) return n;
    return 0;
  }

 private:
  static constexpr std::size_t most = 16;

  int add(const path_text& path, int poller) noexcept {
    if (count_ == most) return 0;
    const int file = Calls::open_to_read(path.c_str());
    if (file < 0) return -file;
    const int n = Calls::poll_for_changes(poller, file);
    if (n != 0)
      Calls::close(file);
    else
      files_[count_++] = file;
    return n;
  }
  static int add_counters(int file, counters& now) noexcept {
    std::array<char, 512> text;
    const long n = Calls::read_at(file, text.data(), text.size(), 0);
    if (n <= 0) return n == 0 ? Calls::no_device : static_cast<int>(-n);
    for (std::string_view rest(text.data(), static_cast<std::size_t>(n)); !rest.empty();) {
      const std::string_view line = take_until(rest, '\n');
      std::uint64_t times = 0;
      for (const std::string_view key : {"high", "max"})
        if (backing::detail::read_value(line, key, times)) now.tight += times;
      for (const std::string_view key : {"oom", "oom_kill"})
        if (backing::detail::read_value(line, key, times)) now.critical += times;
    }
    return 0;
  }

  std::array<int, most> files_{};
  std::size_t count_ = 0;
};

}  // namespace quire::detail
