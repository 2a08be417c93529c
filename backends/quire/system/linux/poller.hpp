#pragma once
// One descriptor that is ready when one of several others is.
#include <array>
#include <cstddef>
#include <utility>

namespace quire::detail {

/// A descriptor that is closed with the object; or the negative errno of the call that should have created it.
template <class Calls>
class descriptor {
 public:
  constexpr descriptor() noexcept = default;
  constexpr explicit descriptor(int made) noexcept : made_(made) {}
  constexpr descriptor(descriptor&& other) noexcept : made_(std::exchange(other.made_, none)) {}
  constexpr descriptor& operator=(descriptor&& other) noexcept {
    if (this != &other) {
      close();
      made_ = std::exchange(other.made_, none);
    }
    return *this;
  }
  ~descriptor() { close(); }

  void close() noexcept {
    if (is_open()) Calls::close(std::exchange(made_, none));
  }
  [[nodiscard]] constexpr bool is_open() const noexcept { return made_ >= 0; }
  [[nodiscard]] constexpr int number() const noexcept { return made_; }
  [[nodiscard]] constexpr int error() const noexcept { return is_open() ? 0 : -made_; }

 private:
  static constexpr int none = -1;
  int made_ = none;
};

/// Each file is added with a small number that identifies it.
template <class Calls>
class poller {
 public:
  /// Sets of these numbers.
  class readiness {
   public:
    void note(unsigned id, bool certain, bool failed) noexcept {
      ready_ |= 1U << id;
      if (certain) certain_ |= 1U << id;
      if (failed) failed_ |= 1U << id;
    }
    [[nodiscard]] bool has(unsigned id) const noexcept { return (ready_ >> id & 1U) != 0; }
    /// Whether the file itself reported the event, as opposed to a mere wake-up.
    [[nodiscard]] bool is_certain(unsigned id) const noexcept { return (certain_ >> id & 1U) != 0; }
    /// For files that are polled for changes, a change also counts as this.
    [[nodiscard]] bool has_failed(unsigned id) const noexcept { return (failed_ >> id & 1U) != 0; }

   private:
    unsigned ready_ = 0, certain_ = 0, failed_ = 0;
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
      all.note(each.id, each.certain, each.failed);
    }
    return all;
  }

 private:
  descriptor<Calls> all_;
};

/// Whether descriptors or memory were exhausted, which says nothing about the available sources.
template <class Calls>
[[nodiscard]] constexpr bool is_shortage(int native) noexcept {
  return native == Calls::too_many_files || native == Calls::too_many_files_of_all || native == Calls::no_memory;
}

}  // namespace quire::detail
