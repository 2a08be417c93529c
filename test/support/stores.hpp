// SPDX-License-Identifier: BSL-1.0
#pragma once
// Stores for tests: kinds of systems that this machine is not.
#include <array>
#include <cstddef>
#include <cstring>

#include <quire/backing/detail/linux/mte.hpp>
#include <quire/store.hpp>
#include <quire/units.hpp>

namespace quire::test {

/// A system where commit and decommit map again, which loses all settings of the pages.
template <class Store>
struct remapping : Store {
  using calls = typename Store::calls;
  static constexpr store_traits traits = [] {
    store_traits f = Store::traits;
    f.commit_remaps = f.decommit_remaps = true;
    return f;
  }();
  static int commit(page_run r, const attributes& requested) noexcept {
    return remap(r, calls::prot_read | calls::prot_write, requested);
  }
  static int decommit(page_run r, const attributes& requested) noexcept {
    return remap(r, calls::prot_none, requested);
  }

 private:
  static int remap(page_run r, int protection, const attributes& requested) noexcept {
    const int tagged = backing::detail::tag_protection<calls>(requested);
    return calls::mmap(r.base, r.bytes, protection | tagged, calls::map_reservation | calls::map_fixed).error;
  }
};

/// Memory without an operating system: a few buffers of fixed size, in which no access faults. The store holds a
/// pointer to them, so that it has data, which the allocator's constructor takes.
template <std::size_t Bytes>
struct buffers {
  struct buffer {
    alignas(64) std::array<std::byte, Bytes> bytes;
    bool claimed = false;
  };
  std::array<buffer, 3> all;
};

template <std::size_t Bytes>
struct in_buffer {
  buffers<Bytes>* from;

  static constexpr std::size_t largest_page = 64;
  static constexpr store_traits traits{.fault = fault::none,
                                       .success_is_memory = true,
                                       .failure_is_error = true,
                                       .releasable = false,
                                       .honours_alignment = false,
                                       .commit_remaps = false,
                                       .decommit_remaps = false};
  static constexpr int no_room = 1;

  static constexpr std::size_t page_bytes() noexcept { return largest_page; }
  static constexpr std::size_t buffer_bytes() noexcept { return Bytes; }
  static constexpr errc code_of(step, int) noexcept { return errc::out_of_memory; }
  reservation reserve(std::size_t bytes, std::size_t, const attributes&) const noexcept {
    for (auto& each : from->all)
      if (!each.claimed && bytes <= Bytes) {
        each.claimed = true;
        return {each.bytes.data(), 0};
      }
    return {nullptr, no_room};
  }
  static int commit(page_run r, const attributes&) noexcept {
    std::memset(r.base, 0, r.bytes);
    return 0;
  }
  static int decommit(page_run, const attributes&) noexcept { return 0; }
  int release(page_run whole, page_run, const attributes&) const noexcept {
    for (auto& each : from->all)
      if (each.bytes.data() == whole.base) each.claimed = false;
    return 0;
  }
  static int discard(page_run r, const attributes& requested) noexcept { return commit(r, requested); }
};

/// Keeps each word of the allocator's bookkeeping twice, as a store for critical memory does, and counts differences.
inline int disagreements = 0;
template <class T>
class twice {
 public:
  constexpr twice() noexcept = default;
  constexpr twice(T value) noexcept : value_(value), copy_(value) {}
  twice& operator=(T value) noexcept {
    value_ = copy_ = value;
    return *this;
  }
  operator T() const noexcept {
    if (value_ != copy_) ++disagreements;
    return value_;
  }

 private:
  T value_{};
  T copy_{};
};

template <class Store>
struct with_words_twice : Store {
  template <class T>
  using word = twice<T>;
};

}  // namespace quire::test
