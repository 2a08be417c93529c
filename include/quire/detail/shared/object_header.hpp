// SPDX-License-Identifier: BSL-1.0
#pragma once
// The beginning of an object that processes share: what it is, and its size, which all of them read and grow.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>

#include <quire/error.hpp>
#include <quire/store/shared.hpp>
#include <quire/units.hpp>

namespace quire::detail {

/// A size that can be told from accidental bits: in units of 4096 bytes, above sixteen bits that follow from it. As one
/// aligned word it lies in one sector of a disk, which is written whole or not at all.
class checked_size {
 public:
  [[nodiscard]] static constexpr std::uint64_t word_of(std::uint64_t bytes) noexcept {
    const std::uint64_t n = bytes / granule;
    return n << check_bits | check_of(n);
  }
  [[nodiscard]] static constexpr std::optional<std::uint64_t> in(std::uint64_t word) noexcept {
    const std::uint64_t n = word >> check_bits;
    if ((word & mask) != check_of(n) || n > max_bytes / granule) return std::nullopt;
    return n * granule;
  }
  static constexpr std::uint64_t granule = 4096;

 private:
  static constexpr unsigned check_bits = 16;
  static constexpr std::uint64_t mask = 0xffff;
  /// Not zero for the number zero, so that a cleared word is no size.
  static constexpr std::uint64_t check_of(std::uint64_t n) noexcept {
    return (((n + 1) * 0x9e3779b97f4a7c15U) >> 48) ^ 0x5153;  // Knuth's multiplicative hash
  }
};

enum class object_kind : std::uint64_t {
  memory = 0x31'6d'65'6d'52'49'55'51,  // in the order of bytes of this machine: another's objects are unknown here
  file = 0x31'6c'69'66'52'49'55'51
};

/// Lies at the beginning of the object; contents follow at `contents`, behind a hole, which takes no memory. That is a
/// multiple of every system's page, and of the huge page of x86 and of ARM with pages of 4 KiB: a huge page lies at
/// multiples of its size both in the object and in the address space. What changes often lies apart from what never
/// changes, in sectors of its own.
class object_header {
  using word = std::atomic<std::uint64_t>;

 public:
  static constexpr bool is_lock_free = word::is_always_lock_free && sizeof(word) == sizeof(std::uint64_t);

  static constexpr std::size_t contents = std::size_t{2} << 20;
  static constexpr std::size_t bytes = std::size_t{8} << 10;  // that are in use

  /// The object is zero, or shorter than that.
  [[nodiscard]] static object_header& at(std::byte* p) noexcept {
    return *std::launder(reinterpret_cast<object_header*>(p));
  }

  /// Makes it known what the object is: from then on others may use it.
  void publish(object_kind kind, std::uint64_t unit, std::uint64_t maximum, std::uint64_t size,
               machine_run now) noexcept {
    set(version_, version);
    set(unit_, unit);
    set(maximum_, maximum);
    set(check_, check_of(kind, version, unit, maximum));
    set(size_, size);
    set_run(now);
    set(flushed_, checked_size::word_of(0));
    kind_.store(static_cast<std::uint64_t>(kind), std::memory_order_release);
  }
  [[nodiscard]] bool is_published() const noexcept { return kind_.load(std::memory_order_acquire) != 0; }

  /// Why this is no object of this kind and unit, if it is none.
  [[nodiscard]] std::optional<errc> refused(object_kind kind, std::uint64_t unit) const noexcept {
    if (kind_.load(std::memory_order_acquire) != static_cast<std::uint64_t>(kind)) return errc::damaged;
    if (get(check_) != check_of(kind, get(version_), get(unit_), get(maximum_))) return errc::damaged;
    if (get(version_) != version) return errc::not_supported;
    if (get(unit_) != unit) return errc::invalid_argument;
    if (maximum() == 0 || maximum() % unit != 0) return errc::damaged;
    return maximum() > max_bytes / 8 ? std::optional(errc::limit_exceeded) : std::nullopt;
  }
  [[nodiscard]] std::uint64_t maximum() const noexcept { return get(maximum_); }

  /// Who reads a size sees what its writer did before.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_.load(std::memory_order_acquire); }
  /// Returns false if the size is no longer `now`.
  [[nodiscard]] bool grow(std::uint64_t now, std::uint64_t more) noexcept {
    return size_.compare_exchange_strong(now, now + more, std::memory_order_acq_rel, std::memory_order_relaxed);
  }

  /// For a file: the run of the machine in which the size was last right.
  /// Who reads a run sees the size that was recovered in it.
  [[nodiscard]] machine_run run() const noexcept {
    return {run_high_.load(std::memory_order_acquire), run_low_.load(std::memory_order_acquire)};
  }
  /// The only process that uses the file sets the size anew.
  void recover(std::uint64_t size, machine_run now) noexcept {
    size_.store(size, std::memory_order_release);
    set_run(now);  // last: a reader takes no lock
  }
  /// The largest size that was recorded. Empty if both copies are damaged.
  [[nodiscard]] std::optional<std::uint64_t> flushed() const noexcept {
    return std::max(checked_size::in(get(flushed_)), checked_size::in(get(flushed_too_)));
  }
  /// Records a size in the copy that holds the smaller one: if the machine stops while the copy is written, the other
  /// is whole. Larger ones, of other processes, stay.
  void record_flushed(std::uint64_t size) noexcept {
    for (;;) {
      std::uint64_t first = get(flushed_), second = get(flushed_too_);
      const auto a = checked_size::in(first), b = checked_size::in(second);
      if (std::max(a, b) >= std::optional(size)) return;
      word& older = a < b ? flushed_ : flushed_too_;
      if (older.compare_exchange_strong(a < b ? first : second, checked_size::word_of(size))) return;
    }
  }

 private:
  static std::uint64_t get(const word& w) noexcept { return w.load(std::memory_order_relaxed); }
  static void set(word& w, std::uint64_t value) noexcept { w.store(value, std::memory_order_relaxed); }
  void set_run(machine_run now) noexcept {
    run_high_.store(now.high, std::memory_order_release);
    run_low_.store(now.low, std::memory_order_release);
  }
  /// Each bit of the four counts, as the factors are odd.
  static constexpr std::uint64_t check_of(object_kind kind, std::uint64_t of_version, std::uint64_t unit,
                                          std::uint64_t maximum) noexcept {
    constexpr std::uint64_t factor = 0x9e3779b97f4a7c15U;
    return ~(((static_cast<std::uint64_t>(kind) * factor + of_version) * factor + unit) * factor + maximum);
  }
  static constexpr std::uint64_t version = 1;

  word kind_, version_, unit_, maximum_, check_;
  alignas(1024) word size_;
  word run_high_, run_low_;
  alignas(1024) word flushed_;
  alignas(4096) word flushed_too_;
};
static_assert(sizeof(object_header) == object_header::bytes && alignof(object_header) <= 4096);

}  // namespace quire::detail
