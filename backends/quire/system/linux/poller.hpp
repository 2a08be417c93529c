#pragma once
// One descriptor that is ready when one of several others is.
#include <array>
#include <cstddef>

#include <quire/system/descriptor.hpp>

namespace quire::detail {

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
