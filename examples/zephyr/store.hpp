// SPDX-License-Identifier: BSL-1.0
#pragma once
// A store over a buffer, whose committed part a domain's threads can access: one partition that grows and shrinks. It
// includes no header of the RTOS; the calls are its template argument.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <quire/store.hpp>
#include <quire/units.hpp>

namespace zephyr {

/// A buffer of the program, aligned to `Granule`, and the domain whose threads use it. It outlives its allocators.
template <class Calls>
struct place {
  std::byte* buffer;
  std::size_t bytes;
  typename Calls::domain* threads;
  typename Calls::partition window{};  // empty: not in the domain
};

/// `Granule` is the unit of the MPU: 32 bytes if it has ranges (ARMv8-M).
template <class Calls, std::size_t Granule = 32>
struct domain_store {
  place<Calls>* where;

  static constexpr std::size_t largest_page = Granule;
  static constexpr quire::store_traits traits{
      .fault = quire::fault::mpu, .success_is_memory = true, .failure_is_error = true, .releasable = false};
  static constexpr int in_use = 1 << 16, too_small = in_use + 1;

  static constexpr std::size_t page_bytes() noexcept { return Granule; }
  std::size_t buffer_bytes() const noexcept { return quire::align_down(where->bytes, Granule); }
  static constexpr quire::errc code_of(quire::step, int native) noexcept {
    switch (native) {
      case in_use: return quire::errc::already_allocated;
      case too_small: return quire::errc::out_of_address_space;
      case Calls::bad_argument: return quire::errc::invalid_argument;
      case Calls::no_partition_left: return quire::errc::too_many_mappings;
      default: return quire::errc::system;
    }
  }

  quire::reservation reserve(std::size_t bytes, std::size_t, const quire::attributes&) const noexcept {
    if (where->window.start != 0) return {nullptr, in_use};
    if (bytes > where->bytes) return {nullptr, too_small};
    where->window = {.start = reinterpret_cast<std::uintptr_t>(where->buffer), .size = 0, .attr = Calls::read_write()};
    return {where->buffer, 0};
  }
  /// The supervisor clears the pages, as it can access the whole buffer.
  int commit(quire::page_run r, const quire::attributes&) const noexcept {
    std::memset(r.base, 0, r.bytes);
    return reach(offset_of(r) + r.bytes);
  }
  int decommit(quire::page_run r, const quire::attributes&) const noexcept { return reach(offset_of(r)); }
  int release(quire::page_run, quire::page_run, const quire::attributes&) const noexcept {
    if (const int n = reach(0)) return n;
    where->window = {};
    return 0;
  }

 private:
  std::size_t offset_of(quire::page_run r) const noexcept { return static_cast<std::size_t>(r.base - where->buffer); }

  /// A partition cannot be changed while it is in a domain. If the new one is refused, the old one is added again.
  int reach(std::size_t end) const noexcept {
    auto& window = where->window;
    const auto before = window;
    if (before.size != 0)
      if (const int n = Calls::remove(where->threads, &window)) return n;
    window.size = end;
    if (end == 0) return 0;
    const int n = Calls::add(where->threads, &window);
    if (n == 0) return 0;
    window = before;
    if (before.size != 0) (void)Calls::add(where->threads, &window);
    return n;
  }
};

}  // namespace zephyr
