// SPDX-License-Identifier: BSL-1.0
#pragma once
// Notifies of tasks that wait for memory, by a trigger of Linux's pressure stall information (PSI).
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include <quire/system/linux/poller.hpp>
#include <quire/system/linux/psi.hpp>
#include <quire/system/pressure.hpp>
#include <quire/system/text/path_buffer.hpp>

namespace quire::detail {

/// The kernel forgets that a trigger fired as soon as a poller has looked, and a program that polls this poller has
/// looked before it. Wake-ups are polled for instead: as the file is always readable, none is lost. But the kernel
/// wakes the pollers of all triggers of a control group, so the time waited since the last report must also be long
/// enough.
template <class Calls>
class stall_trigger {
 public:
  static constexpr unsigned window_microseconds = 2'000'000;  // the only window that needs no privilege

  /// Opens `path`, writes the trigger. 0 or errno.
  [[nodiscard]] int start(const char* path, const pressure_request& request, const poller<Calls>& all,
                          unsigned id) noexcept {
    full_ = request.at == pressure::critical;
    least_ = request.stall_microseconds;
    descriptor<Calls> file(Calls::open_to_watch(path));
    if (!file.is_open()) return file.error();
    path_buffer trigger(full_ ? "full " : "some ");
    ((trigger += std::uint64_t{least_}) += " ") += std::uint64_t{window_microseconds};
    const long n = Calls::write(file.number(), trigger.c_str(), trigger.view().size() + 1);
    if (n < 0) return static_cast<int>(-n);
    if (const int failed = all.add(file, Calls::poll_wake_ups, id)) return failed;
    file_ = std::move(file);
    waited_ = waited().value_or(0);
    return 0;
  }
  void stop(const poller<Calls>& all) noexcept { all.remove(file_); }
  [[nodiscard]] bool is_on() const noexcept { return file_.is_open(); }

  /// After a wake-up: whether the trigger fired.
  [[nodiscard]] bool take(bool certain) noexcept {
    const auto now = waited();
    if (!now) return true;
    if (!certain && *now - waited_ < least_) return false;
    waited_ = *now;
    return true;
  }

 private:
  /// Microseconds that tasks have waited so far.
  [[nodiscard]] std::optional<std::uint64_t> waited() const noexcept {
    std::array<char, 256> text;
    const long n = Calls::read_at(file_.number(), text.data(), text.size(), 0);
    if (n <= 0) return std::nullopt;
    stall_line line;
    for (std::string_view rest(text.data(), static_cast<std::size_t>(n)); !rest.empty();)
      if (line.read(take_until(rest, '\n')) && line.full == full_) return line.total;
    return std::nullopt;
  }

  descriptor<Calls> file_;
  bool full_ = false;
  unsigned least_ = 0;
  std::uint64_t waited_ = 0;  // as of the last report
};

}  // namespace quire::detail
