// SPDX-License-Identifier: BSL-1.0
#pragma once
// One descriptor that is ready when one of several others is.
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <quire/system/descriptor.hpp>

namespace quire::detail {

/// Each file is added with a small number that identifies it.
template <class Calls>
class poller {
 public:
  /// Sets of these numbers.
  struct readiness {
    unsigned ready = 0, certain = 0, failed = 0;

    [[nodiscard]] bool has(unsigned id) const noexcept { return (ready >> id & 1U) != 0; }
    /// Whether the file itself reported the event, as opposed to a mere wake-up.
    [[nodiscard]] bool is_certain(unsigned id) const noexcept { return (certain >> id & 1U) != 0; }
    /// For files that are polled for changes, a change also counts as this.
    [[nodiscard]] bool has_failed(unsigned id) const noexcept { return (failed >> id & 1U) != 0; }
  };

  [[nodiscard]] int open() noexcept {
    all_ = descriptor<Calls>(Calls::make_poller());
    return all_.error();
  }
  void close() noexcept { all_.close(); }
  [[nodiscard]] int number() const noexcept { return all_.is_open() ? all_.number() : -1; }

  /// 0 or errno.
  [[nodiscard]] int add(const descriptor<Calls>& file, unsigned events, unsigned id) const noexcept {
    return Calls::start_polling(all_.number(), file.number(), events, id);
  }
  /// Also closes the file. If a child has inherited it, closing alone would leave it in the poller.
  void remove(descriptor<Calls>& file) const noexcept {
    if (file.is_open()) Calls::stop_polling(all_.number(), file.number());
    file.close();
  }
  /// Does not block.
  [[nodiscard]] readiness take_ready() const noexcept {
    std::array<typename Calls::ready_file, 32> found{};
    const int n = Calls::take_ready(all_.number(), found.data(), static_cast<int>(found.size()));
    readiness all;
    for (int i = 0; i < n; ++i) {
      const auto& each = found[static_cast<std::size_t>(i)];
      all.ready |= 1U << each.id;
      if (each.certain) all.certain |= 1U << each.id;
      if (each.failed) all.failed |= 1U << each.id;
    }
    return all;
  }

 private:
  descriptor<Calls> all_;
};

/// A file that counts events, an eventfd or a timer, behind a poller.
template <class Calls>
class polled_counter {
 public:
  /// `made` is its descriptor, or a negative errno. Returns 0 or errno.
  [[nodiscard]] int start(int made, const poller<Calls>& all, unsigned id) noexcept {
    descriptor<Calls> file(made);
    if (!file.is_open()) return file.error();
    if (const int n = all.add(file, Calls::poll_readable, id)) return n;
    file_ = std::move(file);
    return 0;
  }
  void stop(const poller<Calls>& all) noexcept { all.remove(file_); }
  [[nodiscard]] bool is_on() const noexcept { return file_.is_open(); }
  [[nodiscard]] int number() const noexcept { return file_.number(); }
  /// Whether it has counted since the last call.
  [[nodiscard]] bool take() const noexcept {
    std::uint64_t times = 0;
    return Calls::read(file_.number(), &times, sizeof times) == sizeof times;
  }

 private:
  descriptor<Calls> file_;
};

/// Whether descriptors or memory were exhausted, which says nothing about the available sources.
template <class Calls>
[[nodiscard]] constexpr bool is_shortage(int native) noexcept {
  return native == Calls::too_many_files || native == Calls::too_many_files_of_all || native == Calls::no_memory;
}

}  // namespace quire::detail
